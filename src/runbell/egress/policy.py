"""What may be reached: the world's public addresses by https, and beyond it what the operator names."""

import re
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from typing import Final

from msgspec import Struct

from runbell.egress.destination import Destination, read_url
from runbell.egress.networks import Address, Network, refused_as, translated
from runbell.egress.trouble import Refused

HOW_TO_ALLOW: Final = "if it is meant to be reached, name it in the server's setting egress_allow"
_HOST: Final = re.compile(r"(?P<host>(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?)(:(?P<port>[0-9]{1,5}))?")


class Exemption(Struct, frozen=True):
    """One entry of `egress_allow`: a network, or a host (`*.` before it: and all below it), perhaps on one port."""

    network: Network | None = None
    host: str = ""
    port: int | None = None

    def covers(self, host: str, port: int, address: Address) -> bool:
        """Whether this entry permits the connection."""
        if self.port not in (None, port):
            return False
        if self.network is not None:
            return address.version == self.network.version and address in self.network
        return host.endswith(self.host[1:]) if self.host.startswith("*.") else host == self.host


class Policy(Struct, frozen=True):
    """What the operator permits beyond public addresses over https. Immutable: one policy, one outlet."""

    exemptions: tuple[Exemption, ...] = ()
    http: bool = False
    text: str = ""

    def vet(self, scheme: str, host: str, port: int, addresses: Sequence[Address]) -> None:
        """Let the connection pass or raise Refused. All addresses of a name have to pass: one that is inside says
        that the name is not what it seems. The address itself is not told: it may be the map of an inner network."""
        for address in addresses:
            if self._exempts(host, port, address):
                continue
            what = refused_as(address)
            if what is not None:
                raise Refused(f"{host} leads to {what}, where nothing is sent; {HOW_TO_ALLOW}.")
            if scheme == "http" and not self.http:
                raise Refused(
                    f"http://{host} would carry everything unencrypted; use https, or name the host "
                    "in the server's setting egress_allow (egress_http lets all through)."
                )

    def _exempts(self, host: str, port: int, address: Address) -> bool:
        """Whether an entry names it. Who names the prefix of a translator does not mean what lies behind inner IPv4."""
        if not any(entry.covers(host, port, address) for entry in self.exemptions):
            return False
        behind = translated(address)
        return behind is address or refused_as(behind) is None or self._exempts(host, port, behind)

    def read(self, url: str) -> Destination:
        """Where the URL leads, refused already if that can be seen without asking for the name. Raises Refused."""
        destination = read_url(url)
        if destination.address is not None:
            self.vet(destination.scheme, destination.host, destination.port, [destination.address])
        elif destination.scheme == "http" and not self.http and not self.exemptions:
            self.vet("http", destination.host, destination.port, [ip_address("1.1.1.1")])
        return destination


def read_policy(allow: str = "", *, http: bool = False) -> Policy:
    """The policy that the settings state: `allow` is entries separated by commas: an address, a network (CIDR), a
    host, `*.` and a host, each of them but a network perhaps with `:port`. Raises ValueError naming a wrong entry."""
    entries = [entry.strip() for entry in allow.split(",") if entry.strip()]
    return Policy(tuple(_exemption(entry) for entry in entries), http, ",".join(entries))


def _exemption(entry: str) -> Exemption:
    bracketed = re.fullmatch(r"\[(?P<six>[^\]]+)\](:(?P<port>[0-9]{1,5}))?", entry)
    found = _HOST.fullmatch(entry.lower())
    text, port = entry, None
    if bracketed is not None:
        text, port = bracketed["six"], bracketed["port"]
    elif found is not None:
        text, port = found["host"], found["port"]
    try:
        return Exemption(network=ip_network(text), port=_port(port))
    except ValueError as error:
        if "/" in entry or bracketed is not None or found is None or re.fullmatch(r"[0-9.]+", text):
            raise ValueError(
                f"egress_allow cannot hold {entry!r}: {_why(error)}. "
                "Write 10.1.0.0/16, 10.1.2.3:8080, [fd00::1], hooks.example.com or *.example.com."
            ) from error
    return Exemption(host=text, port=_port(port))


def _port(text: str | None) -> int | None:
    return None if text is None else int(text)


def _why(error: ValueError) -> str:
    return "the network has bits beyond its length" if "host bits" in str(error) else "it is no address and no host"
