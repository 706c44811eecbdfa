"""Where a server is to be found from outside: its host names, its public address, the proxies that it believes."""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from runbell.domain.faults import Malformed
from runbell.http.terms import Terms

Network = IPv4Network | IPv6Network
_LOCAL: Final = "localhost"


class Site(Struct, frozen=True, kw_only=True):
    """What all doors of a server share.

    `hosts`: the Host names it answers for (none: any). `proxies`: whose X-Forwarded-* headers are believed (none's).

    `public_url` is where absolute URLs begin; without it they begin with what the caller used. `terms`: on which a door
    serves that is told none of its own.
    """

    hosts: frozenset[str] = frozenset()
    public_url: str | None = None
    proxies: tuple[Network, ...] = ()
    terms: Terms = Terms()

    @property
    def secure(self) -> bool:
        """True when callers reach it over TLS, whoever ends that."""
        return self.public_url is not None and self.public_url.startswith("https:")

    def check_host(self, headers: Mapping[bytes, bytes]) -> None:
        """Refuse a Host that is not ours (Malformed). No right ever depends on it."""
        if self.hosts:
            host = headers.get(b"host", b"").decode("latin-1").lower()
            if host not in self.hosts and host.rpartition(":")[0] not in self.hosts:
                raise Malformed("This server does not answer for that host name; use the name you were given.")

    def address(self, peer: str, headers: Mapping[bytes, bytes]) -> str:
        """Where a request comes from: the connection, or the last hop that is not itself a believed proxy."""
        if not self.proxies or not self._believes(peer):
            return peer
        hops = [hop.strip() for hop in headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")]
        for hop in reversed(hops):
            if not _is_address(hop):
                return peer
            if not self._believes(hop):
                return hop
            peer = hop
        return peer

    def base(self, peer: str, scheme: str, headers: Mapping[bytes, bytes]) -> str:
        """What absolute URLs begin with, without a slash at the end."""
        if self.public_url is not None:
            return self.public_url.rstrip("/")
        host, prefix = _text(headers, b"host"), ""
        if self._believes(peer):
            host = _last(headers, b"x-forwarded-host") or host
            scheme = _last(headers, b"x-forwarded-proto") or scheme
            prefix = _last(headers, b"x-forwarded-prefix").rstrip("/")
        if not _is_host(host):
            host = _LOCAL
        return f"{'https' if scheme.lower() == 'https' else 'http'}://{host}{prefix if _is_prefix(prefix) else ''}"

    def _believes(self, peer: str) -> bool:
        return bool(self.proxies) and _within(peer, self.proxies)


def read_site(hosts: str, public_url: str | None, proxies: str) -> Site:
    """The site that settings describe. The public URL's host is always answered. Raises ValueError with a sentence."""
    names = frozenset(name.strip().lower() for name in hosts.split(",") if name.strip())
    if public_url is not None:
        parts = urlsplit(public_url)
        if (
            parts.scheme not in {"http", "https"}
            or not parts.hostname
            or parts.query
            or parts.fragment
            or parts.username
        ):
            said = "http:// or https:// and a host, perhaps a port and a path"
            raise ValueError(f"public_url must be {said}, not {public_url!r}.")
        names = names | {parts.netloc.lower(), parts.hostname} if names else names
    try:
        believed = tuple(ip_network(text.strip(), strict=False) for text in proxies.split(",") if text.strip())
    except ValueError as error:
        raise ValueError(f"proxies must be addresses or networks, separated by commas: {error}.") from None
    return Site(hosts=names, public_url=public_url, proxies=believed)


@lru_cache(1_000)
def _within(address: str, networks: tuple[Network, ...]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _text(headers: Mapping[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1").strip()


def _last(headers: Mapping[bytes, bytes], name: bytes) -> str:
    """What the nearest proxy said."""
    return _text(headers, name).rpartition(",")[2].strip()


def _is_host(text: str) -> bool:
    return 0 < len(text) <= 255 and all(
        letter.isascii() and (letter.isalnum() or letter in ".-_:[]") for letter in text
    )


def _is_prefix(text: str) -> bool:
    return len(text) <= 255 and all(letter.isascii() and (letter.isalnum() or letter in "/.-_~%") for letter in text)
