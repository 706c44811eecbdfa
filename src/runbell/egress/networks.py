"""Networks that nothing is sent to: our own list, because the notion of "private" changes with the Python version.

`ipaddress` up to 3.11.7 calls NAT64, 6to4 and multicast addresses global. Sources: the special-purpose registries of
IANA (RFC 6890, RFC 8190) and, for IPv6, its list of global unicast space: whatever is not in 2000::/3 is refused.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

REFUSED_4: Final[dict[IPv4Network, str]] = {
    IPv4Network(network): what
    for network, what in (
        ("0.0.0.0/8", "this host"),
        ("10.0.0.0/8", "a private network"),
        ("100.64.0.0/10", "a carrier's inner network"),
        ("127.0.0.0/8", "this machine itself"),
        ("168.63.129.16/32", "a cloud's inner service"),
        ("169.254.0.0/16", "the local link, where clouds keep their metadata"),
        ("172.16.0.0/12", "a private network"),
        ("192.0.0.0/24", "a protocol's own network"),
        ("192.0.2.0/24", "a network for documentation"),
        ("192.31.196.0/24", "a protocol's own network"),
        ("192.52.193.0/24", "a protocol's own network"),
        ("192.88.99.0/24", "a relay to IPv6"),
        ("192.168.0.0/16", "a private network"),
        ("192.175.48.0/24", "a protocol's own network"),
        ("198.18.0.0/15", "a network for benchmarks"),
        ("198.51.100.0/24", "a network for documentation"),
        ("203.0.113.0/24", "a network for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved or broadcast"),
    )
}
GLOBAL_6: Final = IPv6Network("2000::/3")
REFUSED_6: Final[dict[IPv6Network, str]] = {
    IPv6Network(network): what
    for network, what in (
        ("::1/128", "this machine itself"),
        ("::/128", "this host"),
        ("::ffff:0:0/96", "an IPv4 address in IPv6's clothes"),
        ("64:ff9b::/96", "a translation to IPv4 (NAT64)"),
        ("64:ff9b:1::/48", "a translation to IPv4 (NAT64)"),
        ("2001::/32", "a tunnel (Teredo)"),
        ("2001::/23", "a protocol's own network"),
        ("2001:db8::/32", "a network for documentation"),
        ("2002::/16", "a tunnel to IPv4 (6to4)"),
        ("2620:4f:8000::/48", "a protocol's own network"),
        ("3ffe::/16", "a network given back"),
        ("3fff::/20", "a network for documentation"),
        ("fc00::/7", "a private network"),
        ("fe80::/10", "the local link"),
        ("fec0::/10", "a private network"),
        ("ff00::/8", "multicast"),
    )
}


TRANSLATED: Final = IPv6Network("64:ff9b::/96")


def translated(address: Address) -> Address:
    """The IPv4 address that a translator (NAT64, RFC 6052) would send this one on to; else the address itself."""
    if isinstance(address, IPv6Address) and address in TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def refused_as(address: Address) -> str | None:
    """What the address is, if nothing may be sent to it, as in "a private network (10.0.0.0/8)"; else None."""
    if isinstance(address, IPv4Address):
        return next((f"{what} ({network})" for network, what in REFUSED_4.items() if address in network), None)
    for network, what in REFUSED_6.items():
        if address in network:
            return f"{what} ({network})"
    if address not in GLOBAL_6:
        return "outside the global addresses of IPv6 (2000::/3)"
    return "an address of one link alone" if address.scope_id is not None else None
