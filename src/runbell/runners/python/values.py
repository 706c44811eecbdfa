"""A Python value as a kept JSON result, and back."""

from pathlib import PurePath
from typing import Any, Final

import msgspec

from runbell.domain.execution import ResultRef
from runbell.runners.hand.masks import Masks
from runbell.runners.hand.results import BadResult, keep


def _plain(value: Any) -> Any:
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, str):  # a Secret, or another text that is more than one
        return str.__str__(value)
    raise NotImplementedError(f"objects of type {type(value).__name__} have no JSON form")


_encode: Final = msgspec.json.Encoder(enc_hook=_plain).encode


def keep_value(home: str, value: Any, name: str, masks: Masks | None) -> ResultRef | None:
    """Keep what a function returned; None stays none. Raises BadResult when it cannot be JSON."""
    if value is None:
        return None
    try:
        text = _encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError, NotImplementedError) as wrong:
        raise BadResult(f"What {name} returned cannot be kept as JSON ({wrong}); return plain values.") from None
    return keep(home, text, masks)


def plain_values(values: dict[str, Any], masks: Masks | None) -> dict[str, Any]:
    """Values for `keep` parameters as JSON values. Raises BadResult when one cannot be JSON."""
    try:
        text = _encode(values)
        found: dict[str, Any] = msgspec.json.decode(text if masks is None else masks.json(text))
    except (TypeError, ValueError, OverflowError, RecursionError, NotImplementedError) as wrong:
        raise BadResult(f"What was given to ctx.keep cannot be kept as JSON ({wrong}); keep plain values.") from None
    return found


def from_json(text: str, hint: Any) -> Any:
    """The value of a kept result, in the type that the function says it returns where that works."""
    value = msgspec.json.decode(text)
    if hint is None:
        return value
    try:
        return msgspec.convert(value, hint, strict=False, dec_hook=_typed)
    except (msgspec.ValidationError, TypeError, NotImplementedError):
        return value


def _typed(hint: Any, value: Any) -> Any:
    if isinstance(hint, type) and issubclass(hint, PurePath):
        return hint(value)
    raise NotImplementedError
