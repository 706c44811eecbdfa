"""Bodies of this vendor's calls: a form, a form in parts, or JSON, as Django REST framework takes them."""

from typing import Any, Final
from urllib.parse import parse_qsl

from runbell.dialects.adverity import form_parts
from runbell.dialects.adverity.faults import NOWHERE, WrongMedia, invalid
from runbell.domain.faults import Malformed
from runbell.http import body
from runbell.http.request import Request

FORM: Final = "application/x-www-form-urlencoded"
PARTS: Final = "multipart/form-data"
JSON: Final = "application/json"
PARSED: Final = (JSON, FORM, PARTS)


async def fields(request: Request) -> dict[str, Any]:
    """The fields of a body, none when there is no body; of one given twice the last.

    Raises Malformed, InvalidField for JSON that is no object, WrongMedia, BodyTooLarge.
    """
    raw = await request.raw()
    media = request.header(b"content-type") or ""
    kind = media.partition(";")[0].strip().lower()
    if not raw:
        return {}
    if kind == JSON or kind.endswith("+json") or (not kind and raw.lstrip().startswith(b"{")):
        return _json(raw)
    if kind in {FORM, ""}:
        return _form(raw)
    if kind == PARTS:
        return {**form_parts.read(raw, media)}
    raise WrongMedia(f'Unsupported media type "{media[:100]}" in request.')


def _json(raw: bytes) -> dict[str, Any]:
    try:
        value = body.parse(raw)
    except Malformed as fault:
        raise Malformed(f"JSON parse error - {fault.detail}") from None
    if not isinstance(value, dict):
        raise invalid(**{NOWHERE: "Invalid data. Expected a dictionary."})
    return value


def _form(raw: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=form_parts.MOST_FIELDS
        )
    except (UnicodeDecodeError, ValueError):
        raise Malformed("Form parse error - it is not percent-encoded UTF-8, or has too many fields.") from None
    return dict(pairs)
