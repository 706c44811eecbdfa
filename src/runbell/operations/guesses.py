"""Who may try a secret now, and who has guessed too often: per name and address, and per address. Bounded memory.

Nothing is ever counted against a name alone: whoever guesses at a name from one address never locks out its owner at
another. An address that a name has come from with the right secret is not held against that name for the faults of its
neighbours. An attempt counts from its beginning, so that a thousand at once are no way around it.
"""

from collections import OrderedDict
from contextlib import suppress
from ipaddress import IPv6Address
from typing import Final

from runbell.domain.faults import QuotaExceeded

FREE: Final = 5
FIRST_S: Final = 6.0
LONGEST_S: Final = 900.0
FORGIVEN_S: Final = 60.0
"""One failure is forgiven in so many seconds."""
MOST: Final = 2_000

Key = int
"""A name and an address, hashed with a seed of this process: an attacker chooses how long they are."""


class _Record:
    """How often something failed lately, and until when it may not try again."""

    __slots__ = ("at", "count", "until")

    def __init__(self) -> None:
        self.count = 0.0
        self.at = 0.0
        self.until = 0.0


class Attempt:
    """One secret that is about to be tried; it counts as wrong until it is said to be right."""

    def __init__(self, guesses: "Guesses", name: str, address: str, now: float) -> None:
        self._guesses, self._name, self._address, self._now = guesses, name, address, now

    def right(self) -> None:
        """The secret was right: the attempt does not count, and the name is known at this address."""
        self._guesses.settle(self._name, self._address, self._now)


class Guesses:
    """All failed attempts of a server. Times are seconds of a monotonic clock."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._failed: OrderedDict[Key, _Record] = OrderedDict()
        self._at_home: OrderedDict[Key, None] = OrderedDict()

    def attempt(self, name: str, address: str, now: float) -> Attempt:
        """Let a secret for `name` be tried. Raises QuotaExceeded; then it must not even be looked at."""
        place = network(address)
        pair = hash((name, place))
        keys = [pair] if pair in self._at_home else [pair, hash(("", place))]
        left = max(self._left(key, now) for key in keys)
        if left > 0:
            raise _too_many(left)
        for key in keys:
            self._count(key, now)
        return Attempt(self, name, place, now)

    def count(self, what: str, address: str, now: float) -> None:
        """Count something that nobody may do often from one address. Raises QuotaExceeded once it is too often.

        For tokens and keys it is called after the look-up that found nothing: a good one is always let in.
        """
        key = hash((f"\0{what}", network(address)))
        left = self._left(key, now)
        if left > 0:
            raise _too_many(left)
        self._count(key, now)

    def settle(self, name: str, place: str, now: float) -> None:
        """An attempt that began at `now` was right."""
        pair = hash((name, place))
        self._failed.pop(pair, None)
        whole = self._failed.get(hash(("", place)))
        if pair not in self._at_home and whole is not None:
            whole.count = max(0.0, whole.count - 1)
            whole.until = min(whole.until, now)
        self._at_home[pair] = None
        self._at_home.move_to_end(pair)
        if len(self._at_home) > self._most:
            self._at_home.popitem(last=False)

    def _left(self, key: Key, now: float) -> float:
        record = self._failed.get(key)
        if record is None:
            return 0.0
        self._failed.move_to_end(key)  # who goes on trying is not forgotten for the sake of a crowd
        return record.until - now

    def _count(self, key: Key, now: float) -> None:
        record = self._failed.get(key)
        if record is None:
            record = self._failed[key] = _Record()
            if len(self._failed) > self._most:
                self._failed.popitem(last=False)
        self._failed.move_to_end(key)
        record.count = max(0.0, record.count - (now - record.at) / FORGIVEN_S) + 1
        record.at = now
        over = record.count - FREE
        record.until = now if over < -0.5 else now + min(LONGEST_S, FIRST_S * 2 ** min(over, 20.0))


def network(address: str) -> str:
    """What counts as one address: an IPv4 address, the /64 of an IPv6 one (whoever has one has all of it)."""
    if ":" not in address:
        return address
    with suppress(ValueError):
        whole = IPv6Address(address.partition("%")[0])
        mapped = whole.ipv4_mapped
        return str(mapped) if mapped is not None else whole.exploded[:19]
    return address[:64]


def _too_many(left: float) -> QuotaExceeded:
    seconds = max(1, -int(-left // 1))
    said = f"Too many failed attempts from here; try again in {seconds} s, with the right credentials."
    return QuotaExceeded(said, retry_after_s=seconds)
