"""The options of a dialect's door, read from texts into its own struct."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from msgspec import Struct

from runbell.domain.did_you_mean import did_you_mean

T = TypeVar("T", bound=Struct)


def read_options(dialect: str, given: Mapping[str, str], shape: type[T]) -> T:
    """The options that a server was told. Raises ValueError with a sentence for one that is unknown or unfit."""
    known = shape.__struct_fields__
    for name in given:
        if name not in known:
            hint = did_you_mean(name, known) or f"; there are {', '.join(known) or 'none'}"
            raise ValueError(f"There is no setting {dialect}.{name}{hint}.")
    try:
        return msgspec.convert(dict(given), shape, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(f"A setting of {dialect} is not valid: {error}.") from None
