"""What is asked of a database about who is told what: endpoints, deliveries and their attempts. Times in epoch ms.

A delivery is written in the transaction of its event, for every endpoint and callback that wants it. Those of one
execution for one receiver stand in a line: only the first of a line is ever due.
"""

from collections.abc import Callable
from typing import Literal, Protocol

from msgspec import Struct

from runbell.domain.audit import Entry
from runbell.domain.delivery import Attempt, Delivery, Verdict
from runbell.domain.endpoint import Callback, Endpoint


class Keys(Struct, frozen=True):
    """The sealed secrets of an endpoint: what signs now, and what still signs beside it until `old_until`."""

    sealed: str
    old: str | None = None
    old_until: int | None = None


class PutEndpoint(Struct, frozen=True, kw_only=True):
    """Make an endpoint (revision 0) or change it. `keys` None: they stay. `most`: how many a project may have."""

    endpoint: Endpoint
    keys: Keys | None = None
    most: int = 100
    audit: Entry | None = None


class PutCallbackSecret(Struct, frozen=True, kw_only=True):
    """Replace what signs the callbacks of a client. The one before, until now `first` where none is kept yet, signs
    beside it until `old_until`; None: not at all."""

    client: str
    sealed: str
    first: str
    old_until: int | None = None
    audit: Entry | None = None


class RemoveEndpoint(Struct, frozen=True, kw_only=True):
    """Delete an endpoint. What was on its way to it is given up; what was delivered stays to be looked at."""

    number: int
    at: int
    if_revision: int | None = None
    audit: Entry | None = None


class TellAttempt(Struct, frozen=True, kw_only=True):
    """What came of an attempt. `body`: what was sent, when it was the first."""

    delivery: int
    attempt: Attempt
    verdict: Verdict
    body: str | None = None


class GiveUp(Struct, frozen=True, kw_only=True):
    """Give up what is on its way to an endpoint (`endpoint`), or one delivery that cannot be sent."""

    at: int
    why: str
    endpoint: int = 0
    delivery: int = 0
    limit: int = 500


class Redeliver(Struct, frozen=True, kw_only=True):
    """Put a delivery on its way again, whatever came of it, under the same id."""

    delivery: int
    at: int
    audit: Entry | None = None


class Replay(Struct, frozen=True, kw_only=True):
    """Put on its way what an endpoint should have been told from the event after `after` up to `upto`.

    `everything`: also what was delivered. At most `limit` events are looked at; the answer says where to go on.
    """

    endpoint: int
    after: int
    upto: int
    at: int
    everything: bool = False
    limit: int = 500
    audit: Entry | None = None


class Replayed(Struct, frozen=True):
    """How many were put on their way, and the last event that was looked at."""

    count: int
    last: int


class SendTest(Struct, frozen=True, kw_only=True):
    """Put a test event on its way to an endpoint."""

    endpoint: int
    id: str
    at: int
    audit: Entry | None = None


class ForgetDeliveries(Struct, frozen=True, kw_only=True):
    """Let go of what ended before that time, at most so many; and of endpoints and callbacks nothing is left of."""

    before: int
    limit: int


class Line(Struct, frozen=True):
    """A receiver with something due, or to come: the earliest time."""

    destination: str
    due_at: int


class Parcel(Struct, frozen=True, kw_only=True):
    """A delivery that is due, with what it takes to send it. `endpoint` or `callback`; neither: they are gone.

    `keys`: of the endpoint, or of the client whose own secret signs the callback.
    """

    delivery: Delivery
    endpoint: Endpoint | None = None
    keys: Keys | None = None
    callback: Callback | None = None


class DeliveryQuery(Struct, frozen=True, kw_only=True):
    """Deliveries, the newest first: of an endpoint, or of an execution. `before`: beyond that number."""

    endpoint: int | None = None
    execution: int | None = None
    state: Literal["due", "waiting", "delivered", "dead"] | None = None
    before: int | None = None
    limit: int = 50


class WebhookTable(Protocol):
    """Endpoints, deliveries, attempts."""

    async def put_endpoint(self, put: PutEndpoint) -> Endpoint: ...
    async def put_callback_secret(self, put: PutCallbackSecret) -> None: ...
    async def callback_keys(self, client: str) -> Keys | None:
        """What signs the callbacks of a client, when it was ever replaced."""
        ...

    async def remove_endpoint(self, asked: RemoveEndpoint) -> None: ...
    async def endpoint(self, project: str, id_or_name: str) -> Endpoint | None: ...
    async def endpoint_keys(self, number: int) -> Keys | None: ...
    async def endpoint_ids(self, numbers: tuple[int, ...]) -> dict[int, tuple[str, str]]:
        """Id and name of endpoints, deleted ones too."""
        ...

    async def endpoints(self, project: str, after: str, limit: int) -> list[Endpoint]: ...
    async def naming(self, project: str, name: str) -> tuple[str, ...]:
        """The jobs whose `notify` names an endpoint of that name."""
        ...

    async def lines(self) -> list[Line]:
        """Every receiver for which something is due or will be, with the time of the earliest."""
        ...

    async def due(self, destination: str, at: int, limit: int) -> list[Parcel]:
        """What is due for a receiver, the longest waiting first."""
        ...

    async def tell_attempt(self, told: TellAttempt) -> None: ...
    async def give_up(self, asked: GiveUp) -> int: ...
    async def redeliver(self, asked: Redeliver) -> Delivery: ...
    async def replay(self, asked: Replay) -> Replayed: ...
    async def send_test(self, asked: SendTest) -> Delivery: ...
    async def forget_deliveries(self, asked: ForgetDeliveries) -> int: ...

    async def deliveries(self, query: DeliveryQuery) -> list[Delivery]: ...
    async def delivery(self, id_: str) -> Delivery | None: ...
    async def attempts(self, deliveries: tuple[int, ...]) -> dict[int, list[Attempt]]: ...
    async def callback(self, execution: str) -> Callback | None: ...
    async def first_event_from(self, at: int) -> int:
        """The number of the last event before that time: where a replay from that time on begins."""
        ...

    def on_deliveries(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every commit that put a delivery on its way."""
        ...
