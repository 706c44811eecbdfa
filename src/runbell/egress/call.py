"""A call to somewhere outside, and its answer."""

import re
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from runbell.egress.trouble import Refused

MOST_BYTES: Final = 1 << 20
SECONDS: Final = 15.0
CONNECT_SECONDS: Final = 5.0
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_METHOD: Final = re.compile(r"[A-Z]{1,20}")
OURS: Final = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade", "expect",
     "proxy-connection", "proxy-authorization", "accept-encoding"}
)  # fmt: skip
"""Headers that belong to the connection or to the framing; a caller's own would let it speak for somebody else."""


class Call(Struct, frozen=True, kw_only=True):
    """One request. `seconds` is for all of it, name, connection, redirects and answer; `answer_bytes` is where reading
    ends. `redirects`: how many are followed, each vetted anew; 0 gives back the 3xx itself."""

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    seconds: float = SECONDS
    connect_seconds: float = CONNECT_SECONDS
    answer_bytes: int = MOST_BYTES
    redirects: int = 0


class Answer(Struct, frozen=True):
    """What came back. `whole` is false when the body was longer than asked for; `url` is without its query; `seconds`
    is how long it took."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    size: int
    whole: bool
    url: str
    seconds: float

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        wanted = name.lower()
        return next((value for told, value in self.headers if told.lower() == wanted), None)


def checked(call: Call) -> Call:
    """The call with what every call says of itself. Raises Refused for what would break the request's framing."""
    if not _METHOD.fullmatch(call.method):
        raise Refused("The method is not one; methods are capital letters, as in GET, POST, PUT, PATCH, DELETE.")
    if call.method in ("CONNECT", "TRACE"):
        raise Refused(f"The method {call.method} is not for calls like this one.")
    for name, value in call.headers:
        if not _TOKEN.fullmatch(name):
            raise Refused("The name of a header holds a character that has no place in one, a blank perhaps.")
        if not _VALUE.fullmatch(value):
            raise Refused(f"The value of the header {name} holds a line break or another character it must not.")
        if name.lower() in OURS:
            raise Refused(f"The header {name} is set by the connection itself; leave it out.")
    given = {name.lower() for name, _ in call.headers}
    usual = [("User-Agent", "runbell"), ("Accept", "*/*"), ("Accept-Encoding", "gzip")]
    if call.body or call.method in ("POST", "PUT", "PATCH"):
        usual.append(("Content-Length", str(len(call.body))))
    return replace(call, headers=(*(pair for pair in usual if pair[0].lower() not in given), *call.headers))
