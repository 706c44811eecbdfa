"""Answers: a document as JSON or XML, reduced to what `select` asks for, with the headers that every answer has."""

import re
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from runbell.dialects.ocapi import formats, selecting, spelling, xml_writing
from runbell.dialects.ocapi.formats import Format
from runbell.http.answer import Answer, Headers
from runbell.http.request import Request

NAMES: Final = re.compile(r"^(?:client|key|user):")
"""What stands before the name of whoever did something."""
UNCACHED: Final = (
    (b"cache-control", b"no-cache,no-store,must-revalidate"),
    (b"expires", b"Thu, 01-Jan-1970 00:00:00 GMT"),
)
JSON_UTF8: Final = (b"content-type", b"application/json;charset=UTF-8")
XML_UTF8: Final = (b"content-type", b"application/xml;charset=UTF-8")
NOTHING: Final = 204


def answer(request: Request, document: Struct, status: int = 200, select: str | None = None) -> Answer:
    """The document in the format that the request asks for. `select` is that of the body, which wins."""
    selector = selecting.asked(select if select is not None else request.query.get("select"))
    value: Any = document
    if selector is not None:
        value = selecting.reduced(msgspec.to_builtins(document), selector)
    headers, body = encoded(value, formats.check(request))
    return Answer(status, headers, body)


def encoded(document: Any, form: Format) -> tuple[Headers, bytes]:
    """Headers and body."""
    if form == "xml":
        return [XML_UTF8, *UNCACHED], xml_writing.written(msgspec.to_builtins(document))
    return [JSON_UTF8, *UNCACHED], msgspec.json.encode(document)


def version_text(request: Request) -> str | UnsetType:
    """The member `_v`: the version of the address, `17.4`."""
    version = spelling.version(request)
    return UNSET if version is None else f"{version[0]}.{version[1]}"
