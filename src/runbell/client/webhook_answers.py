"""What the calls about webhooks and deliveries answer."""

from typing import Any

from msgspec import Struct


class Webhook(Struct, frozen=True, kw_only=True):
    """A standing subscription. `named_by`: jobs whose `notify` names it. `disabled_reason`: gone, failing, by_hand."""

    id: str
    name: str
    url: str
    project: str = "default"
    job: str | None = None
    only_named: bool = False
    named_by: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    format: str = "runbell"
    cloud_events: bool = False
    signature: str = "v1"
    public_key: str | None = None
    description: str = ""
    enabled: bool = True
    disabled_at: str | None = None
    disabled_reason: str | None = None
    failing_since: str | None = None
    old_secret_until: str | None = None
    revision: int = 0
    created_at: str = ""
    created_by: str = ""
    updated_at: str = ""


class NewWebhook(Webhook, frozen=True, kw_only=True):
    """A new webhook; `secret` is in no other answer (None: the receiver verifies with the public key)."""

    secret: str | None = None


class NewWebhookSecret(Struct, frozen=True, kw_only=True):
    """A new secret, in no other answer. `old_until`: how long the one before signs beside it."""

    secret: str | None = None
    public_key: str | None = None
    old_until: str | None = None


class Replay(Struct, frozen=True, kw_only=True):
    """How many deliveries were put on their way."""

    webhook: str
    count: int


class WebhookName(Struct, frozen=True, kw_only=True):
    """Which webhook."""

    id: str
    name: str


class DeliveryAttempt(Struct, frozen=True, kw_only=True):
    """One try. `status` None: no answer, and `error` says why. `response_body`: its first 2 KB."""

    number: int
    time: str
    duration_ms: int = 0
    url: str = ""
    request_headers: dict[str, str] = {}
    status: int | None = None
    error: str | None = None
    response_body: str = ""


class Delivery(Struct, frozen=True, kw_only=True):
    """An event on its way to a receiver; `webhook` None: the callback of its execution, or by mail to
    `email`. `id` is its webhook-id."""

    id: str
    type: str
    status: str
    seq: int = 0
    time: str = ""
    webhook: WebhookName | None = None
    email: str | None = None
    execution: str | None = None
    number: int | None = None
    reason: str | None = None
    attempts: tuple[DeliveryAttempt, ...] = ()
    next_attempt_at: str | None = None
    body: Any = None
    created_at: str = ""
    ended_at: str | None = None


class CallbackSecret(Struct, frozen=True, kw_only=True):
    """What signs the callbacks of one's own starts that name no secret. `old_until`: how long the one before does
    too."""

    client: str
    secret: str
    old_until: str | None = None
