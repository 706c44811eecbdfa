"""Values that nobody is shown: how they stand among others once sealed, and where they must not be handed over."""

from collections.abc import Iterator
from typing import Any, Final

from runbell.domain.fill_in import FillInError, ParameterValue, parse
from runbell.domain.job import Job

SEALED: Final = "$sealed"
SHOWN: Final = {"secret": True}
"""What stands for a secret value wherever values are shown."""
SHOWN_TO_ALL: Final = "secret_shown"


def as_sealed(text: str) -> dict[str, str]:
    """A sealed text as the value of a parameter."""
    return {SEALED: text}


def sealed_text(value: Any) -> str | None:
    """The sealed text of such a value, None for any other."""
    if type(value) is dict and len(value) == 1:
        text = value.get(SEALED)
        return text if isinstance(text, str) else None
    return None


def shown(values: dict[str, Any]) -> dict[str, Any]:
    """The values with what is sealed replaced: two secrets cannot be told apart, not even by their sealed texts."""
    return {name: value if sealed_text(value) is None else SHOWN for name, value in values.items()}


def handed_over_openly(giver: Job, parameters: dict[str, Any], taker: Job) -> Iterator[tuple[str, str, str]]:
    """The parameters that a follow-up must not be given so: name, code and what to do.

    A secret of the giver may only go into a secret parameter, and a secret parameter may not have its value written
    in the definition, where everybody can read it.
    """
    if not (giver.secret_parameters or taker.secret_parameters):
        return
    for name, value in parameters.items():
        filled_in = set(_named(value))
        if name not in taker.secret_parameters:
            for secret in sorted(filled_in.intersection(giver.secret_parameters)):
                yield (
                    name,
                    SHOWN_TO_ALL,
                    f"`{secret}` is secret, but {taker.name} shows `{name}`; let it say `secret: true`",
                )
        elif not filled_in and value not in (None, ""):
            yield name, "secret_written", f"`{name}` is secret; fill it in from a parameter, here everybody can read it"


def _named(value: Any) -> Iterator[str]:
    """The parameters that the texts of a value fill in."""
    if isinstance(value, str):
        try:
            references = parse(value).references
        except FillInError:
            return
        yield from (reference.name for reference in references if isinstance(reference, ParameterValue))
    elif isinstance(value, dict):
        for item in value.values():
            yield from _named(item)
    elif isinstance(value, list):
        for item in value:
            yield from _named(item)
