"""Who is told when something happens: standing endpoints, and the callback that one execution was started with."""

from typing import Final, Literal

from msgspec import Struct

ENDS: Final = tuple(
    f"execution.{word}" for word in ("succeeded", "failed", "stopped", "discarded", "lost")
)  # fmt: skip
"""The events that end an execution; what is told to whoever names no others."""
MAILED: Final = ("execution.failed", "execution.lost")
"""What is mailed when nobody says otherwise: what somebody has to look at."""
ENDPOINT_DISABLED: Final = "endpoint.disabled"
TEST: Final = "endpoint.test"
"""What a test event is called. Nobody can subscribe to it."""
OWN_FORMAT: Final = "runbell"
FAILING_MS: Final = 5 * 86_400_000
"""How long an endpoint may fail without one success before it is disabled."""

GONE: Final = "gone"
FAILING: Final = "failing"
BY_HAND: Final = "by_hand"


class Endpoint(Struct, frozen=True, kw_only=True):
    """A standing subscription: of a project, of one job, or (`only_named`) of those jobs whose `notify` names it.

    `number` is 0 until the store has given it one. `disabled_why`: `gone` (it answered 410), `failing` (for five days),
    `by_hand`.
    """

    number: int = 0
    id: str
    project: str
    name: str
    url: str
    job: str | None = None
    only_named: bool = False
    events: tuple[str, ...] = ENDS
    format: str = OWN_FORMAT
    cloud_events: bool = False
    signature: Literal["v1", "v1a"] = "v1"
    public_key: str | None = None
    description: str = ""
    revision: int = 0
    created_at: int
    created_by: str
    updated_at: int
    failing_since: int | None = None
    disabled_at: int | None = None
    disabled_why: str | None = None

    def wants(self, job: str, event: str) -> bool:
        """True when it subscribes to that event of that job ('': of none)."""
        return not self.only_named and self.may_hear_of(job) and event in self.events

    def may_hear_of(self, job: str) -> bool:
        """False for other jobs than its own, whatever these say: whoever made it may see that job, perhaps no other."""
        return self.job in (None, job)


class Callback(Struct, frozen=True, kw_only=True):
    """Where one execution is told of, as its start asked. `sealed`: the secret that signs, sealed for that execution;
    '' when the start named none: then that of the client `own` signs, whichever it is when it is sent.

    `destination` is the host and port: those that share it wait for each other when it is slow.
    """

    url: str
    destination: str
    sealed: str = ""
    own: str = ""
    events: tuple[str, ...] = ENDS
    format: str = OWN_FORMAT


class Notify(Struct, frozen=True, kw_only=True):
    """Whom a job tells of its executions: endpoints by name (of `events`), addresses by mail (of those in `mailed`)."""

    webhooks: tuple[str, ...] = ()
    email: tuple[str, ...] = ()
    events: tuple[str, ...] = ENDS
    mailed: tuple[str, ...] = MAILED

    @classmethod
    def of(cls, webhooks: tuple[str, ...], email: tuple[str, ...], on: tuple[str, ...] | None) -> "Notify":
        """As a definition says it: `on` are the words of events, for both; None: what each is told by default."""
        if on is None:
            return cls(webhooks=webhooks, email=email)
        events = tuple(f"execution.{word}" for word in on)
        return cls(webhooks=webhooks, email=email, events=events, mailed=events)
