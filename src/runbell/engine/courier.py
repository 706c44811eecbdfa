"""The caretaker of deliveries: sends what is due, in order per execution and receiver, and writes down what came of it.

It keeps nothing that is not on the table but what is in the air. After a kill all that was in the air is due again: a
receiver may get a delivery twice, under the same id, and never none.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from msgspec import Struct

from runbell.domain import delivery as deliveries
from runbell.domain.delivery import Again, Attempt, Dead, Delivered, Delivery, Verdict
from runbell.domain.endpoint import OWN_FORMAT, TEST
from runbell.domain.fault import Fault
from runbell.operations.call_back import opened
from runbell.operations.ports import Desk
from runbell.ports.notifier import Answered, CannotShape, Format, Notification, Notifier
from runbell.ports.vault import CannotOpen
from runbell.ports.webhook_table import GiveUp, Parcel, TellAttempt

WEBHOOK: Final = "webhook"
MAIL: Final = "mail"
AT_ONCE: Final = 64
FOR_ONE: Final = 8
FOR_THE_FAILING: Final = AT_ONCE // 2
"""Receivers that do not answer hold what they are given for a quarter of a minute: together they get half at most."""
FAILS_TOO_OFTEN: Final = 3
MOST_S: Final = 1.0
SPACED_S: Final = 0.005
SLOWER_MS: Final = 10_000
DEFECT_MS: Final = 60_000
DEFECT: Final = "The sender failed over it; the server's log says why."
log = logging.getLogger(__name__)


class _Receiver:
    """What is known of a receiver while the server runs."""

    __slots__ = ("air", "failures", "slow", "until")

    def __init__(self) -> None:
        self.air: set[int] = set()
        self.failures = 0
        self.slow = False
        self.until = 0

    @property
    def failing(self) -> bool:
        return self.failures >= FAILS_TOO_OFTEN

    def matters(self, now: int) -> bool:
        """Whether it is still to be remembered when nothing is on its way there."""
        return bool(self.air) or self.until > now

    @property
    def room(self) -> int:
        """How many more may be sent at once: one at a time to who fails or asks for less."""
        return (1 if self.slow or self.failing else FOR_ONE) - len(self.air)


class _Addressed(Struct, frozen=True):
    """Where a parcel goes, and what signs it."""

    url: str
    format: str
    secrets: tuple[str, ...]
    cloud_events: bool = False


class Courier:
    """Sends for a whole server. `formats` are those of the doors; `notifiers` by the kind of receiver; `letter` is the
    form of what is mailed."""

    def __init__(
        self,
        desk: Desk,
        formats: Mapping[str, Format],
        notifiers: Mapping[str, Notifier],
        *,
        letter: Format | None = None,
        delays_ms: tuple[int, ...] = deliveries.DELAYS_MS,
        source: str = "",
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._desk = desk
        self._formats = formats
        self._notifiers = notifiers
        self._letter = letter
        self._delays_ms = delays_ms
        self._source = source
        self._dice = dice
        self._receivers: dict[str, _Receiver] = {}
        self._air: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()

    def nudge(self) -> None:
        """Something was put on its way."""
        self._wake.set()

    async def once(self) -> int:
        """Send what is due now, and wait for all of it; how many attempts were made."""
        count = 0
        while True:
            await self._round()
            if not self._air:
                return count
            count += len(self._air)
            await asyncio.gather(*self._air)

    async def serve(self) -> None:
        """Do so for ever, and wait for nothing but what is due next."""
        try:
            while True:
                self._wake.clear()
                wait_s = MOST_S
                try:
                    wait_s = await self._round()
                except Fault as fault:
                    log.warning("deliveries_wait", extra={"code": fault.code, "detail": fault.detail})
                await asyncio.sleep(SPACED_S)
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await self._wake.wait()
        finally:
            for task in self._air:
                task.cancel()
            await asyncio.gather(*self._air, return_exceptions=True)

    async def _round(self) -> float:
        """Send as much of what is due as there is room for; how long until something more is due, in seconds."""
        now, wait_ms = self._desk.clock.now(), round(MOST_S * 1_000)
        ready: list[tuple[str, _Receiver]] = []
        known = {name: one for name, one in self._receivers.items() if one.matters(now)}
        for line in await self._desk.store.lines():
            receiver = known.setdefault(line.destination, self._receivers.get(line.destination, _Receiver()))
            due_at = max(line.due_at, receiver.until)
            if due_at <= now:
                ready.append((line.destination, receiver))
            else:
                wait_ms = min(wait_ms, due_at - now)
        self._receivers = known
        ready.sort(key=lambda one: (one[1].failing, len(one[1].air)))
        for destination, receiver in ready:
            await self._send_due(destination, receiver, now)
        return wait_ms / 1_000

    async def _send_due(self, destination: str, receiver: _Receiver, now: int) -> None:
        room = min(receiver.room, (FOR_THE_FAILING if receiver.failing else AT_ONCE) - len(self._air))
        if room <= 0:
            return
        for parcel in await self._desk.store.due(destination, now, room + len(receiver.air)):
            number = parcel.delivery.number
            if number in receiver.air or room <= 0:
                continue
            room -= 1
            receiver.air.add(number)
            task = asyncio.create_task(self._deliver(parcel, receiver))
            self._air.add(task)
            task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._air.discard(task)
        self._wake.set()

    async def _deliver(self, parcel: Parcel, receiver: _Receiver) -> None:
        try:
            await self._attempt(parcel, receiver)
        except Fault as fault:
            receiver.until = self._desk.clock.now() + round(MOST_S * 1_000)
            log.warning("delivery_waits", extra={"delivery": parcel.delivery.id, "detail": fault.detail})
        except Exception:  # it was perhaps sent, and nobody could write that down: not again at once, and for ever
            receiver.until = self._desk.clock.now() + DEFECT_MS
            log.exception("delivery_failed", extra={"delivery": parcel.delivery.id})
        finally:
            receiver.air.discard(parcel.delivery.number)

    async def _attempt(self, parcel: Parcel, receiver: _Receiver) -> None:
        it, began = parcel.delivery, self._desk.clock.now()
        endpoint = parcel.endpoint
        if endpoint is None and parcel.callback is None and not it.receiver:
            await self._give_up(it, deliveries.ENDPOINT_DELETED)
            return
        if endpoint is not None and endpoint.disabled_at is not None and it.type != TEST:
            await self._give_up(it, deliveries.ENDPOINT_DISABLED)
            return
        at = self._addressed(parcel, began)
        started = self._desk.clock.monotonic()
        body = it.body
        try:
            if body is None:
                body = (await self._format(it, at.format).shape(it)).decode()
            notifier = self._notifiers[MAIL if it.receiver else WEBHOOK]
            answered = await notifier.notify(self._notification(it, at, body, began))
        except CannotShape as why:
            answered = Answered(headers={}, error=str(why), refused=True)
        except Fault:
            raise
        except Exception:
            log.exception("delivery_failed", extra={"delivery": it.id})
            answered = Answered(headers={}, error=DEFECT)
        took = round((self._desk.clock.monotonic() - started) * 1_000)
        verdict = self._verdict(it, answered, began + took)
        _learn(receiver, verdict, answered, began + took)
        attempt = Attempt(
            number=it.attempts + 1, at=began, duration_ms=took, url=at.url, headers=answered.headers,
            status=answered.status, error=answered.error, answer=answered.answer,
        )  # fmt: skip
        first = body if it.body is None else None
        await self._desk.store.tell_attempt(
            TellAttempt(delivery=it.number, attempt=attempt, verdict=verdict, body=first)
        )

    def _format(self, it: Delivery, name: str) -> Format:
        """A test is of no execution, which is all that a dialect can tell of."""
        if it.receiver and self._letter is not None:
            return self._letter
        found = self._formats.get(OWN_FORMAT if it.type == TEST else name)
        if found is None:
            raise CannotShape(f"The door of the format {name} is closed on this server; open it (`dialects`).")
        return found

    async def _give_up(self, it: Delivery, why: str) -> None:
        """All that is on its way to an endpoint that is told nothing any more, or the one delivery of a callback."""
        now = self._desk.clock.now()
        asked = GiveUp(at=now, why=why, endpoint=it.endpoint, delivery=0 if it.endpoint else it.number)
        while await self._desk.store.give_up(asked) == asked.limit:
            pass

    def _addressed(self, parcel: Parcel, now: int) -> _Addressed:
        endpoint, callback = parcel.endpoint, parcel.callback
        if parcel.delivery.receiver:
            return _Addressed(f"mailto:{parcel.delivery.receiver}", MAIL, ())
        try:
            secrets = opened(self._desk.vault, parcel, now)
        except CannotOpen as why:
            log.error("delivery_unsigned", extra={"delivery": parcel.delivery.id, "why": str(why)})  # noqa: TRY400 - said
            secrets = ()
        if endpoint is not None:
            return _Addressed(endpoint.url, endpoint.format, secrets, endpoint.cloud_events)
        if callback is not None:
            return _Addressed(callback.url, callback.format, secrets)
        raise RuntimeError("A parcel without an address; report this as a defect.")

    def _notification(self, it: Delivery, at: _Addressed, body: str, now: int) -> Notification:
        if not at.secrets and not it.receiver:
            raise CannotShape("Its secret cannot be opened with the key of this server; set the secret anew.")
        told = it.told
        return Notification(
            id=f"msg_{it.id}", type=it.type, time=it.time, at=now, url=at.url, body=body.encode(), secrets=at.secrets,
            source=f"{self._source}/api/v1", subject=f"run_{told.execution}" if told.execution else "",
            cloud_events=at.cloud_events,
        )  # fmt: skip

    def _verdict(self, it: Delivery, answered: Answered, now: int) -> Verdict:
        if answered.refused:
            return Dead(deliveries.CANNOT_BE_SENT)
        delays = self._delays_ms[:1] if it.type == TEST else self._delays_ms
        return deliveries.verdict(it.tries + 1, answered.status, answered.retry_after_ms, now, self._dice(), delays)


def _learn(receiver: _Receiver, verdict: Verdict, answered: Answered, now: int) -> None:
    """One success says that all is well; who asks for less is left alone for a while, and then gets one at a time."""
    if isinstance(verdict, Delivered):
        receiver.failures, receiver.slow = 0, False
        return
    receiver.failures += 1
    if isinstance(verdict, Again) and verdict.slower:
        receiver.slow = True
        receiver.until = max(receiver.until, now + max(SLOWER_MS, answered.retry_after_ms or 0))
