"""One event for one receiver: how often it is tried, how long between, and when it is given up. Times in epoch ms."""

from typing import Any, Final, Literal

from msgspec import Struct

HOUR_MS: Final = 3_600_000
DELAYS_MS: Final = (
    0, 5_000, 300_000, 1_800_000, 2 * HOUR_MS, 5 * HOUR_MS, 10 * HOUR_MS, 14 * HOUR_MS, 20 * HOUR_MS, 24 * HOUR_MS,
)  # fmt: skip
"""How long each of the ten attempts waits after the one before: 75 h 35 m in all (Standard Webhooks 1.0)."""
JITTER: Final = 0.1
"""By how much of itself a delay may be shorter or longer, so that what failed together does not come back together."""
LONGEST_RETRY_AFTER_MS: Final = 24 * HOUR_MS
SLOW: Final = frozenset({429, 502, 504})
"""Answers of a receiver that asks for less, or that cannot be reached behind its proxy."""

EXHAUSTED: Final = "exhausted"
ENDPOINT_GONE: Final = "endpoint_gone"
ENDPOINT_DISABLED: Final = "endpoint_disabled"
ENDPOINT_DELETED: Final = "endpoint_deleted"
CANNOT_BE_SENT: Final = "cannot_be_sent"

State = Literal["due", "waiting", "delivered", "dead"]
"""`waiting`: behind an earlier event of the same execution for the same receiver."""


class Told(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an event said, kept with the delivery: the execution as it was then, so that every attempt says the same."""

    project: str
    job: str = ""
    execution: str = ""
    number: int = 0
    key: str | None = None
    status: str | None = None
    revision: int = 0
    data: dict[str, Any] = {}


class Delivery(Struct, frozen=True, kw_only=True):
    """An event for a receiver. `id` is its `webhook-id`, the same in every attempt. `seq` is that of the event.

    `endpoint` 0: the callback of its execution; below 0: by mail to `receiver`. `execution` 0: of none. `tries` counts
    the attempts since it was last put on its way, `attempts` all of them. `body` is what was sent first, and is sent
    again.
    """

    number: int
    id: str
    endpoint: int
    execution: int
    project: str
    seq: int
    type: str
    time: int
    state: State
    due_at: int
    tries: int
    attempts: int
    created_at: int
    ended_at: int | None = None
    why: str | None = None
    body: str | None = None
    told: Told
    receiver: str = ""


class Attempt(Struct, frozen=True, kw_only=True):
    """One try. `status` None: there was no answer, and `error` says why. `answer`: the first 2 KB of its body."""

    number: int
    at: int
    duration_ms: int
    url: str
    headers: dict[str, str]
    status: int | None = None
    error: str | None = None
    answer: str = ""


class Delivered(Struct, frozen=True, tag=True):
    """It arrived."""


class Again(Struct, frozen=True, tag=True):
    """To be tried again at `due_at`; `slower`: the receiver asks for less until then, of everything."""

    due_at: int
    slower: bool = False


class Dead(Struct, frozen=True, tag=True):
    """Given up."""

    why: str


Verdict = Delivered | Again | Dead


def verdict(
    tries: int,
    status: int | None,
    retry_after_ms: int | None,
    at: int,
    dice: float,
    delays_ms: tuple[int, ...] = DELAYS_MS,
) -> Verdict:
    """What becomes of a delivery after its try number `tries` (from 1), which ended at `at`. `dice`: from 0 to 1.

    A redirection is a failure: it is never followed. 410 says that nobody wants this any more.
    """
    if status is not None and 200 <= status < 300:
        return Delivered()
    if status == 410:
        return Dead(ENDPOINT_GONE)
    if tries >= len(delays_ms):
        return Dead(EXHAUSTED)
    delay = round(delays_ms[tries] * (1 + JITTER * (2 * dice - 1)))
    asked = min(retry_after_ms or 0, LONGEST_RETRY_AFTER_MS)
    return Again(at + max(delay, asked), slower=status in SLOW or retry_after_ms is not None)
