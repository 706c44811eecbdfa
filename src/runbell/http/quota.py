"""Limits per client: how many requests in how much time (GCRA), and how many at once. Kept in memory, per door.

What is said of them follows draft-ietf-httpapi-ratelimit-headers-11: `RateLimit-Policy` names the limits, `RateLimit`
what is left (`r`) and in how many seconds there is more (`t`).
"""

from collections import Counter
from math import ceil
from typing import Final

from runbell.domain.faults import QuotaExceeded
from runbell.domain.principals import Quota
from runbell.http.answer import Headers, header

MOST_KNOWN: Final = 10_000
POLICIES: Final = "policies"
HEADERS: Final = "headers"
"""Where a QuotaExceeded names the limits that were broken, and what its answer says of them (`about`)."""
RATE: Final = "default"
AT_ONCE: Final = "at-once"


class Rates:
    """When each client has used up what it had: one number per client, the time from which it is as good as new."""

    def __init__(self) -> None:
        self._spent_until: dict[str, float] = {}

    def take(self, client: str, quota: Quota, now: float) -> Headers:
        """Take one request out of the client's quota; what the answer says of it. `now` in seconds, monotonic.

        Raises QuotaExceeded, whose `about` holds what the refusal says.
        """
        gap = quota.window_s / quota.limit
        until = max(self._spent_until.get(client, 0.0), now) + gap
        policy = f'"{RATE}";q={quota.limit};w={quota.window_s}'
        if until > now + quota.window_s + 1e-9:
            seconds = max(1, ceil(until - now - quota.window_s - 1e-9))
            said = f"At most {quota.limit} requests in {quota.window_s} s; send it again in {seconds} s."
            raise QuotaExceeded(
                said, retry_after_s=seconds, about={POLICIES: [RATE], "headers": _said(policy, 0, seconds)}
            )
        if len(self._spent_until) >= MOST_KNOWN and client not in self._spent_until:
            self._forget(now)
        self._spent_until[client] = until
        left = int((now + quota.window_s - until) / gap + 1e-9)
        return _said(policy, left, max(1, ceil(gap - (now + quota.window_s - until) % gap)))

    def _forget(self, now: float) -> None:
        """Whoever is as good as new needs no memory; when all are busy, the oldest goes."""
        self._spent_until = {client: until for client, until in self._spent_until.items() if until > now}
        while len(self._spent_until) >= MOST_KNOWN:
            del self._spent_until[next(iter(self._spent_until))]


class AtOnce:
    """How many requests of each client are under way; `most` 0 is no limit."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._under_way: Counter[str] = Counter()

    def enter(self, client: str) -> None:
        """One more is under way. Raises QuotaExceeded when there are `most` already."""
        if self._under_way[client] >= self.most:
            said = f"At most {self.most} requests of one client at once; wait for one to be answered."
            policy = f'"{AT_ONCE}";q={self.most};qu="concurrent-requests"'
            headers = [header("ratelimit-policy", policy), header("ratelimit", f'"{AT_ONCE}";r=0')]
            raise QuotaExceeded(said, retry_after_s=1, about={POLICIES: [AT_ONCE], HEADERS: headers})
        self._under_way[client] += 1

    def leave(self, client: str) -> None:
        """One of them was answered."""
        self._under_way[client] -= 1
        if self._under_way[client] <= 0:
            del self._under_way[client]


def _said(policy: str, left: int, seconds: int) -> Headers:
    return [header("ratelimit-policy", policy), header("ratelimit", f'"{RATE}";r={left};t={seconds}')]
