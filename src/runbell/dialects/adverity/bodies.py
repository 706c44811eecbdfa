"""Bodies of this vendor's calls: a form, a form in parts, or JSON, as Django REST framework takes them."""

from typing import Any, Final
from urllib.parse import parse_qsl

from runbell.dialects.adverity.faults import NOWHERE, WrongMedia, invalid
from runbell.domain.faults import Malformed
from runbell.http import body
from runbell.http.request import Request

FORM: Final = "application/x-www-form-urlencoded"
PARTS: Final = "multipart/form-data"
JSON: Final = "application/json"
PARSED: Final = (JSON, FORM, PARTS)
_MOST_FIELDS: Final = 1_000


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
        return _parts(raw, media)
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
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except (UnicodeDecodeError, ValueError):
        raise Malformed("Form parse error - it is not percent-encoded UTF-8, or has too many fields.") from None
    return dict(pairs)


def _parts(raw: bytes, media: str) -> dict[str, Any]:
    """A form in parts (RFC 7578)."""
    from email import message_from_bytes, policy  # 15 ms, and hardly anybody sends one

    message = message_from_bytes(b"Content-Type: " + media.encode("latin-1") + b"\r\n\r\n" + raw, policy=policy.HTTP)
    found: dict[str, Any] = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes) or len(found) >= _MOST_FIELDS:
            raise Malformed("Multipart form parse error - every part needs a name.")
        try:
            found[name] = content.decode()
        except UnicodeDecodeError:
            raise Malformed("Multipart form parse error - it is not UTF-8.") from None
    if not found:
        raise Malformed("Multipart form parse error - Invalid boundary in multipart.")
    return found
