"""Telling somebody outside: how a body is shaped, and how it is sent. A notifier is chosen by the kind of the receiver.

Times in epoch milliseconds.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from msgspec import Struct

from runbell.domain.delivery import Delivery

Shape = Callable[[Delivery], Awaitable[bytes]]
"""Makes the JSON body of a delivery. Raises CannotShape."""


class CannotShape(Exception):  # noqa: N818 - an answer about a delivery
    """There is no such body, and there never will be; the sentence says why."""


class Format(Struct, frozen=True, kw_only=True):
    """A form of body that a door knows. `events` are those that it can tell of; None: all."""

    name: str
    shape: Shape
    events: frozenset[str] | None = None


class Notification(Struct, frozen=True, kw_only=True):
    """One attempt to tell. `secrets` sign, each of them. `id` is the same in every attempt, `at` is not."""

    id: str
    type: str
    time: int
    at: int
    url: str
    body: bytes
    secrets: tuple[str, ...]
    source: str = ""
    subject: str = ""
    cloud_events: bool = False
    traceparent: str | None = None


class Answered(Struct, frozen=True, kw_only=True):
    """What came of it. `status` None: no answer, and `error` says why; `refused`: nothing may be sent there at all.

    `answer` holds the first 2 KB of the body.
    """

    headers: dict[str, str]
    status: int | None = None
    error: str | None = None
    refused: bool = False
    retry_after_ms: int | None = None
    answer: str = ""


class Notifier(Protocol):
    """Sends notifications."""

    async def notify(self, notification: Notification) -> Answered:
        """Send it once, within 15 seconds; whatever comes of it is an answer."""
        ...
