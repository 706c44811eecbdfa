"""S-20: whatever URL is called, whatever its name leads to, no inner address is ever dialled.

Every dial is counted below TLS and HTTP. Public calls have to get through in between, so that nothing passes by
refusing everything; they have to arrive under the name that was asked for.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from random import Random
from typing import Final

from runbell.egress.call import Call
from runbell.egress.outlet import Outlet
from runbell.egress.policy import read_policy
from runbell.egress.trouble import Refused, Unreached
from verify.check import Check, Figure, Trial
from verify.strangers import DEAD, PUBLIC, NameServer, Outside

INNER_4: Final = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32", "168.63.129.16/32",
)  # fmt: skip
INNER_6: Final = (
    "::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:db8::/32", "fc00::/7", "fe80::/10",
    "fec0::/10",
    "ff00::/8", "5f00::/16", "3fff::/20",
)  # fmt: skip
SPELLINGS: Final = (
    "0177.0.0.1", "127.1", "127.0.1", "0x7f000001", "0x7f.1", "0x7f.0.0.1", "2130706433", "017700000001",
    "127.0.0.1.", "0",
    "127。0。0。1", "１２７.0.0.1", "①②⑦.⓪.⓪.①", "127.0.0.1%00.public.example", "%31%32%37.0.0.1", "[::1%25lo]",
    "[fe80::1%lo]",
    "[::127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]", "0000::1", "[::]", "localhost", "localhost.", "LOCALHOST",
    "127.0.0.1#.public.example",
    "public.example@127.0.0.1", "user:pass@127.0.0.1", "127.0.0.1\\@public.example", "public.example\\@127.0.0.1",
    "public.example#@127.0.0.1", "127.0.0.1:80@public.example", "public.example\r\nHost: 127.0.0.1",
    "public.example\t", "[127.0.0.1]",
    "127.0.0.1 public.example", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:0:127.0.0.1]",
    "127.0.0.1:00080", "0300.0250.1.1",
)  # fmt: skip
SCHEMES: Final = (
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_x",
    "ftp://127.0.0.1/",
    "dict://127.0.0.1:11211/",
    "unix:///run/x",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A URL, what its names lead to, where a redirect leads, and whether the call may get through."""

    url: str
    names: dict[str, list[Sequence[str]]]
    redirect_to: str = ""
    redirects: int = 0
    passes: bool = False


def run(trial: Trial) -> Figure:
    """Every known trick, and as many random ones, each with a public call beside it."""
    cases = [*_known(), *_random(trial.random, trial.size)]
    inside, followed, lost, astray, leaked = asyncio.run(_try(trial, cases))
    numbers = {"reached_internal": inside, "followed": followed, "lost": lost, "astray": astray, "leaked": leaked}
    return Figure(not any(numbers.values()), len(cases), numbers)


async def _try(trial: Trial, cases: list[Case]) -> tuple[int, int, int, int, int]:
    names = NameServer()
    outside = Outside(names)
    followed = lost = astray = leaked = 0
    secret = ("Authorization", "Bearer planted"), ("X-Api-Key", "planted")
    async with outside.open():
        for case in cases:
            names.names = {"public.example": [PUBLIC[:1]], "localhost": [["127.0.0.1", "::1"]], **case.names}
            outside.redirect_to = case.redirect_to
            before, asked = len(outside.inside), len(outside.asked)
            # An outlet per case: a connection that is kept would hide what the next answer of the name does.
            async with Outlet(read_policy(http=True), resolver=names, dialler=outside) as way:
                try:
                    told = await way.send(Call(url=case.url, headers=secret, redirects=case.redirects, seconds=5))
                    through = told.status == 200
                except (Refused, Unreached):
                    through = False
            heard = outside.asked[asked:]
            if len(outside.inside) > before:
                trial.say(f"{case.url!r} reached {outside.inside[before:]}")
            if any(" /landed" in head for head in heard):
                followed += not case.redirects
                leaked += "planted" in heard[-1]
            lost += case.passes and not through
            astray += sum("\r\nHost: 127" in head or "Host: localhost" in head for head in heard)
    return len(outside.inside), followed, lost, astray, leaked


def _known() -> Iterator[Case]:
    good = Case("http://public.example/x", {}, passes=True)
    yield good
    for spelling in SPELLINGS:
        for url in (f"http://{spelling}/", f"https://{spelling}:8443/latest/meta-data/?a=b", f"http://{spelling}"):
            yield Case(url, {})
        yield Case("http://public.example/go", {}, redirect_to=f"http://{spelling}/", redirects=5)
    for url in SCHEMES:
        yield Case(url, {})
        yield Case("http://public.example/go", {}, redirect_to=url, redirects=5)
    inner = [str(network[n]) for text in INNER_4 for network in [IPv4Network(text)] for n in {0, -1}]
    inner += [str(network[n]) for text in INNER_6 for network in [IPv6Network(text)] for n in {0, -1}]
    inner += [dressed for address in ("127.0.0.1", "10.0.0.1", "169.254.169.254") for dressed in _dressed(address)]
    for address in inner:
        yield from _leading_to(address)
    for address in PUBLIC:
        literal = f"[{address}]" if ":" in address else address
        yield Case(f"http://{literal}/x", {}, passes=True)
    yield Case("http://public.example/go", {}, redirect_to="http://other.example/landed")
    yield Case("http://public.example/go", {"other.example": [PUBLIC[1:2]]}, redirect_to="http://other.example/landed")
    yield Case(
        "http://public.example/go", {"other.example": [PUBLIC[1:2]]},
        redirect_to="//other.example/landed", redirects=1, passes=True,
    )  # fmt: skip
    yield Case("http://public.example/go", {}, redirect_to="http://public.example/go", redirects=3)
    yield good


def _leading_to(address: str) -> Iterator[Case]:
    """One inner address as a literal, behind a name, among public answers, as the second answer, behind a redirect."""
    literal = f"[{address}]" if ":" in address else address
    yield Case(f"http://{literal}/", {})
    yield Case("http://trick.example/", {"trick.example": [[address]]})
    yield Case("http://trick.example/", {"trick.example": [[DEAD, address]]})
    yield Case("https://trick.example/", {"trick.example": [[DEAD, *PUBLIC[:2], address]]})
    yield Case("http://trick.example/x", {"trick.example": [[PUBLIC[0]], [address]]}, passes=True)
    yield Case(
        "http://public.example/go",
        {"trick.example": [[address]]},
        redirect_to="http://trick.example/landed",
        redirects=2,
    )
    yield Case("http://public.example/go", {}, redirect_to=f"http://{literal}/landed", redirects=2)
    yield Case(
        "http://trick.example/go", {"trick.example": [[PUBLIC[0]], [address]]}, redirect_to="/landed", redirects=2
    )


def _dressed(address: str) -> Iterator[str]:
    """An IPv4 address in every dress that IPv6 has for it."""
    number = int(IPv4Address(address))
    high, low = f"{number >> 16:x}", f"{number & 0xFFFF:x}"
    flipped = number ^ 0xFFFFFFFF
    yield f"::ffff:{address}"
    yield f"::{address}"
    yield f"::ffff:0:{high}:{low}"
    yield f"64:ff9b::{high}:{low}"
    yield f"64:ff9b:1::{high}:{low}"
    yield f"2002:{high}:{low}::1"
    yield f"2001:0:{high}:{low}::{flipped >> 16:x}:{flipped & 0xFFFF:x}"
    yield f"fe80::5efe:{high}:{low}"


def _random(dice: Random, size: int) -> Iterator[Case]:
    for _ in range(size):
        if dice.random() < 0.5:
            address = str(_any_of(dice, IPv4Network(dice.choice(INNER_4))))
            address = dice.choice([address, *_dressed(address)])
        else:
            address = str(_any_of(dice, IPv6Network(dice.choice(INNER_6))))
        yield dice.choice(list(_leading_to(address)))


def _any_of(dice: Random, network: IPv4Network | IPv6Network) -> object:
    return network[dice.randrange(network.num_addresses)]


CHECK = Check(
    name="ssrf", promise="S-20", says="no call that somebody makes this house send reaches an inner address",
    run=run, unit="cases", quick=500, normal=20_000, full=1_000_000,
    sabotages=(
        "redirects-followed", "redirects-unvetted", "dialled-by-name", "first-answer-vetted", "is-global",
        "headers-follow",
    ),
)  # fmt: skip
