"""Which of JSON and XML a request is in, and which its answer.

https://sfcclearning.com/infocenter/OCAPI/current/usage/DataFormats.php
"""

import re
from typing import Final, Literal

from runbell.dialects.ocapi.refusals import MalformedMediaType, UnknownMediaType, refusal
from runbell.domain.fault import Fault
from runbell.domain.faults import NotAcceptable
from runbell.http.request import Request

Format = Literal["json", "xml"]
JSON_MEDIA: Final = "application/json"
XML_MEDIA: Final = "application/xml"
_KNOWN: Final[dict[str, Format]] = {JSON_MEDIA: "json", XML_MEDIA: "xml", "text/xml": "xml"}
_WORDS: Final[dict[str, Format]] = {"json": "json", "xml": "xml"}
_WRITING: Final = frozenset({"POST", "PUT", "PATCH"})
_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - of RFC 9110 §5.6.2
_MEDIA: Final = re.compile(rf"\s*({_TOKEN}/{_TOKEN})\s*((?:;\s*(?:{_TOKEN}\s*=\s*(?:{_TOKEN}|\"[^\"]*\")\s*)?)*)")
_CHARSET: Final = re.compile(r"charset\s*=\s*\"?([^\s\";]+)", re.IGNORECASE)


def check(request: Request) -> Format:
    """The format of the answer. Raises UnknownMediaType, MalformedMediaType."""
    sent = body_format(request) if request.method in _WRITING else None
    if sent is not None:
        return sent
    asked = request.query.get("format")
    if asked is not None:
        found = _WORDS.get(asked.strip().lower())
        if found is None:
            raise _unknown(asked, "`format` is json or xml.")
        return found
    accept = request.header(b"accept")
    try:
        return _KNOWN[request.accepts(*_KNOWN)]
    except NotAcceptable:
        raise _unknown(accept or "", "Answers come as application/json or application/xml.") from None


def of_answer(request: Request) -> Format:
    """The format of the answer, JSON when it cannot be decided: for faults."""
    try:
        return check(request)
    except Fault:
        return "json"


def body_format(request: Request) -> Format | None:
    """What the body is; None for none. Raises UnknownMediaType for a body in something else, MalformedMediaType."""
    written = request.header(b"content-type")
    if written is None or not written.strip():
        return None
    found = _MEDIA.fullmatch(written[:500])
    if found is None:
        raise refusal(MalformedMediaType, "The Content-Type cannot be read.", mediaType=written[:200])
    charset = _CHARSET.search(found[2])
    media = _KNOWN.get(found[1].lower())
    if media is None and not request.has_body:
        return None
    if media is None:
        raise _unknown(written, "Send the body as application/json or application/xml.")
    if charset is not None and charset[1].lower() not in {"utf-8", "utf8"}:
        raise _unknown(written, "Send the body in UTF-8.")
    return media


def _unknown(media: str, said: str) -> UnknownMediaType:
    return refusal(UnknownMediaType, said, mediaType=media[:200])
