"""Reading the body of a request, JSON or XML, as one and the same value."""

from typing import Any

from runbell.dialects.ocapi import formats, xml_reading
from runbell.dialects.ocapi.refusals import BodyDecoding, PropertyConstraint, UnknownProperty, refusal
from runbell.domain.faults import InvalidField, Malformed
from runbell.http import body
from runbell.http.request import Request


async def read(request: Request) -> Any:
    """The value of the body, None when there is none.

    Raises BodyDecoding, BodyTooLarge, and what `formats.body_format` raises.
    """
    form = formats.body_format(request)
    raw = await request.raw()
    if not raw.strip():
        return None
    try:
        return xml_reading.parse(raw) if form == "xml" else body.parse(raw.removeprefix(b"\xef\xbb\xbf"))
    except (Malformed, InvalidField) as unreadable:
        shown = raw[:800].decode("utf-8", "replace")[:200]
        raise refusal(BodyDecoding, unreadable.detail, body=shown) from None


def constraint(document: str, path: str, value: Any, reason: str) -> PropertyConstraint:
    """The refusal of a member."""
    shown = value if isinstance(value, str) else "" if value is None else str(value)
    said = f"The value of '{path}' is invalid: {reason}"
    return refusal(PropertyConstraint, said, document=document, path=path, value=shown[:200])


def unknown(document: str, path: str) -> UnknownProperty:
    """The refusal of a member that nobody knows."""
    said = f"Unknown property '{path}' in document '{document}'."
    return refusal(UnknownProperty, said, document=document, path=path)
