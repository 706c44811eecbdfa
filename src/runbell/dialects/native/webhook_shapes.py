"""What goes over the native wire about webhooks, callbacks and deliveries."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from runbell.dialects.native.shapes import Links, Moment

EventWord = Annotated[str, Meta(max_length=100)]
Url = Annotated[str, Meta(min_length=1, max_length=2_000)]
SecretText = Annotated[str, Meta(max_length=200)]
Signature = Literal["v1", "v1a"]


class WebhookBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A webhook. Without `job` it is told of all jobs; with `only_named` of those whose `notify` names it."""

    name: Annotated[str, Meta(max_length=100)]
    url: Url
    job: Annotated[str, Meta(max_length=255)] | None = None
    only_named: bool = False
    events: Annotated[list[EventWord], Meta(max_length=50)] | None = None
    format: Annotated[str, Meta(max_length=50)] = "runbell"
    cloud_events: bool = False
    description: Annotated[str, Meta(max_length=1_000)] = ""
    enabled: bool = True


class NewWebhookBody(WebhookBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A new webhook. `signature`: v1 (HMAC-SHA256) or v1a (ed25519). `secret`: one that the receiver has already."""

    signature: Signature = "v1"
    secret: SecretText | None = None


class RotateBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A new secret; the one before signs beside it for so long (default a day)."""

    secret: SecretText | None = None
    overlap_ms: Annotated[int, Meta(ge=0, le=30 * 86_400_000)] = 86_400_000


class ReplayBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Since when. `undelivered`: what did not arrive, and what was missed; `all`: what arrived as well."""

    since: Moment
    include: Literal["undelivered", "all"] = "undelivered"


class WebhookShape(Struct, frozen=True, kw_only=True):
    """A webhook. `named_by`: the jobs whose `notify` names it. `disabled_reason`: gone, failing or by_hand."""

    id: str
    name: str
    project: str
    url: str
    job: str | None
    only_named: bool
    named_by: tuple[str, ...]
    events: tuple[str, ...]
    format: str
    cloud_events: bool
    signature: Signature
    public_key: str | None
    description: str
    enabled: bool
    disabled_at: Moment | None
    disabled_reason: Literal["gone", "failing", "by_hand"] | None
    failing_since: Moment | None
    old_secret_until: Moment | None
    revision: int
    created_at: Moment
    created_by: str
    updated_at: Moment
    links: Links


class NewWebhookShape(WebhookShape, frozen=True, kw_only=True):
    """A new webhook with its secret, which is shown this once."""

    secret: str | None


class RotatedShape(Struct, frozen=True, kw_only=True):
    """The new secret, shown this once; of ed25519 the public key. `old_until`: how long the one before signs too."""

    secret: str | None
    public_key: str | None
    old_until: Moment | None


class OwnSecretShape(Struct, frozen=True, kw_only=True):
    """What signs the callbacks of this caller's starts that name no secret. `old_until`: how long the one before signs
    beside it."""

    client: str
    secret: str
    old_until: Moment | None


class WebhooksPage(Struct, frozen=True):
    """Webhooks by name."""

    items: list[WebhookShape]
    next_cursor: str | None
    has_more: bool


class ReplayShape(Struct, frozen=True):
    """How many deliveries were put on their way."""

    webhook: str
    count: int


class AttemptShape(Struct, frozen=True, kw_only=True):
    """One try. `status` null: no answer, and `error` says why. `response_body`: its first 2 KB."""

    number: int
    time: Moment
    duration_ms: int
    url: str
    request_headers: dict[str, str]
    status: int | None
    error: str | None
    response_body: str


class WebhookName(Struct, frozen=True):
    """Which webhook."""

    id: str
    name: str


class DeliveryShape(Struct, frozen=True, kw_only=True):
    """An event on its way to a receiver. `id` is its `webhook-id`. `webhook` null: the callback of its execution, or
    by mail to `email`.

    `waiting`: behind an earlier event of the execution. `body`: what is sent in every attempt, null before the first.
    """

    id: str
    webhook: WebhookName | None
    email: str | None
    execution: str | None
    number: int | None
    seq: int
    type: str
    time: Moment
    status: Literal["pending", "waiting", "delivered", "dead"]
    reason: str | None
    attempts: list[AttemptShape]
    next_attempt_at: Moment | None
    body: Any
    created_at: Moment
    ended_at: Moment | None
    links: Links


class DeliveriesPage(Struct, frozen=True):
    """Deliveries, the newest first."""

    items: list[DeliveryShape]
    next_cursor: str | None
    has_more: bool


class Notification(Struct, frozen=True, kw_only=True):
    """The body of a webhook: thin, at most 20 KB. Whoever wants more asks for it by the links."""

    type: str
    timestamp: Moment
    data: dict[str, Any]
