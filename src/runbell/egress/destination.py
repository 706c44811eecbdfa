"""Where a URL leads, read once and strictly: this reading is what is vetted, connected to and asked for.

Two readers of one URL that disagree are how filters are passed, so there is only this one, and what it does not
understand it refuses (RFC 3986; of hosts that browsers take for numbers: WHATWG URL, "ends in a number").
"""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final, Literal
from urllib.parse import quote

from msgspec import Struct

from runbell.egress.trouble import Refused

PORTS: Final = {"http": 80, "https": 443}
MOST_CHARACTERS: Final = 8_192
_URL: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<target>[^#]*)(?:#.*)?")
_AUTHORITY: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5})?)?")
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\ud800-\udfff]")
_OTHER_DOTS: Final = re.compile("[\u3002\uff0e\uff61]")
_KEPT: Final = "%/?:@!$&'()*+,;=-._~[]"


class Destination(Struct, frozen=True):
    """A URL that was understood. `host` is a name in ASCII or an address without brackets; `target` path and query."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    target: str
    address: IPv4Address | IPv6Address | None = None

    @property
    def authority(self) -> str:
        """The host as a URL writes it, with the port unless it is the scheme's own."""
        host = f"[{self.host}]" if isinstance(self.address, IPv6Address) else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """The URL up to its path: fit for a log, since nobody's secret stands there."""
        return f"{self.scheme}://{self.authority}"

    @property
    def shown(self) -> str:
        """The URL without its query, which often carries secrets."""
        return self.origin + self.target.partition("?")[0]


def read_url(url: str) -> Destination:
    """Where this URL leads. Raises Refused with a sentence about the URL, which is not repeated in it."""
    if len(url) > MOST_CHARACTERS:
        raise Refused(f"The URL has more than {MOST_CHARACTERS} characters.")
    if _FORBIDDEN.search(url):
        raise Refused("The URL holds a blank, a line break, a backslash or another character that has no place in one.")
    found = _URL.fullmatch(url)
    if found is None:
        raise Refused("That is not an absolute URL; write it as in https://example.com/path.")
    scheme = found["scheme"].lower()
    if scheme not in ("http", "https"):
        raise Refused("The URL begins with neither https:// nor http://, and nothing else is spoken here.")
    authority = found["authority"]
    if "@" in authority:
        raise Refused("The URL holds a user name or password before the host; send an Authorization header instead.")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None or "%" in authority:
        raise Refused("The host of the URL cannot be read; write it as in https://example.com:8443/path.")
    port = int(parts["port"] or PORTS[scheme])
    if not 0 < port < 65_536:
        raise Refused("The port of the URL is not between 1 and 65535.")
    host, address = _host(parts["host"])
    target = quote(found["target"], safe=_KEPT)
    return Destination(scheme, host, port, target if target.startswith("/") else f"/{target}", address)  # type: ignore[arg-type]


def _host(text: str) -> tuple[str, IPv4Address | IPv6Address | None]:
    if text.startswith("["):
        try:
            six = IPv6Address(text[1:-1])
        except AddressValueError as error:
            raise Refused("The IPv6 address in the URL is not one.") from error
        return str(six), six
    name = _ascii(text).lower()
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise Refused("The host of the URL is not a name that DNS could hold; write it without a dot at its end.")
    if not _NUMBER.fullmatch(labels[-1]):
        return name, None
    try:
        if not text.isascii():
            raise AddressValueError
        four = IPv4Address(name)
    except AddressValueError as error:
        raise Refused(
            "The host of the URL is a number that means different addresses to different programs; "
            "write an IPv4 address as four decimal numbers, as in 192.0.2.1."
        ) from error
    return name, four


def _ascii(text: str) -> str:
    if text.isascii():
        return text
    if _OTHER_DOTS.search(text):
        raise Refused("The host of the URL holds a character that some programs take for a dot; write plain dots.")
    import idna

    try:
        return idna.encode(text, uts46=True, std3_rules=True, transitional=False).decode()
    except (idna.IDNAError, UnicodeError) as error:
        raise Refused("The host of the URL is not a valid international name (IDNA 2008).") from error
