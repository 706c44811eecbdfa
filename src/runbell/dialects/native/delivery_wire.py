"""Our deliveries and webhooks → the native shapes."""

from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Raw

from runbell.dialects.native.execution_wire import PREFIX as RUN
from runbell.dialects.native.execution_wire import ROOT as EXECUTIONS
from runbell.dialects.native.webhook_shapes import AttemptShape, DeliveryShape, WebhookName
from runbell.domain.delivery import Attempt
from runbell.domain.endpoint import Endpoint
from runbell.http.times import rfc3339
from runbell.operations.deliveries import PREFIX, Seen
from runbell.operations.subscribe import PREFIX as WEBHOOK
from runbell.ports.webhook_table import Keys

ROOT: Final = "/api/v1/webhooks/"
_STATUS: Final = {"due": "pending", "waiting": "waiting", "delivered": "delivered", "dead": "dead"}


def webhook(it: Endpoint, named_by: tuple[str, ...], keys: Keys | None, now: int) -> dict[str, Any]:
    """The members of a webhook."""
    own = ROOT + it.name
    until = None if keys is None or keys.old_until is None or keys.old_until <= now else keys.old_until
    return {
        "id": WEBHOOK + it.id,
        "name": it.name,
        "project": it.project,
        "url": it.url,
        "job": it.job,
        "only_named": it.only_named,
        "named_by": named_by,
        "events": it.events,
        "format": it.format,
        "cloud_events": it.cloud_events,
        "signature": it.signature,
        "public_key": it.public_key,
        "description": it.description,
        "enabled": it.disabled_at is None,
        "disabled_at": time(it.disabled_at),
        "disabled_reason": it.disabled_why,
        "failing_since": time(it.failing_since),
        "old_secret_until": time(until),
        "revision": it.revision,
        "created_at": rfc3339(it.created_at),
        "created_by": it.created_by,
        "updated_at": rfc3339(it.updated_at),
        "links": {"self": own, "deliveries": f"{own}/deliveries"},
    }


def delivery(seen: Seen, *, whole_url: bool) -> DeliveryShape:
    """A delivery. Without `whole_url` only host and port of the receiver: paths and queries of such addresses are often
    secrets, and who may look at an execution need not know them."""
    it = seen.delivery
    id_ = PREFIX + it.id
    if whole_url and seen.webhook is not None:
        own = f"{ROOT}{seen.webhook[1]}/deliveries/{id_}"
    else:
        own = f"{EXECUTIONS}{RUN}{it.told.execution}/deliveries/{id_}"
    return DeliveryShape(
        id=id_,
        webhook=None if seen.webhook is None else WebhookName(WEBHOOK + seen.webhook[0], seen.webhook[1]),
        email=it.receiver or None,
        execution=RUN + it.told.execution if it.told.execution else None,
        number=it.execution or None,
        seq=it.seq,
        type=it.type,
        time=rfc3339(it.time),
        status=_STATUS[it.state],  # type: ignore[arg-type]
        reason=it.why,
        attempts=[_attempt(attempt, whole_url=whole_url) for attempt in seen.attempts],
        next_attempt_at=rfc3339(it.due_at) if it.state == "due" else None,
        body=None if it.body is None else Raw(it.body),
        created_at=rfc3339(it.created_at),
        ended_at=time(it.ended_at),
        links={"redeliver": f"{own}/redeliver"},
    )


def time(moment: int | None) -> str | None:
    """A time on the wire, null for none."""
    return None if moment is None else rfc3339(moment)


def _attempt(it: Attempt, *, whole_url: bool) -> AttemptShape:
    parts = urlsplit(it.url)
    shown = it.url if whole_url or parts.scheme == "mailto" else f"{parts.scheme}://{parts.netloc}/…"
    return AttemptShape(
        number=it.number, time=rfc3339(it.at), duration_ms=it.duration_ms,
        url=shown, request_headers=it.headers,
        status=it.status, error=it.error, response_body=it.answer,
    )  # fmt: skip
