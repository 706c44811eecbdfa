"""Webhooks: one signed POST per attempt, vetted where it connects, its answer read no further than it is shown."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Final

from runbell.egress.call import Answer, Call
from runbell.egress.outlet import Outlet
from runbell.egress.trouble import Refused, Unreached
from runbell.notifiers.signing import signature
from runbell.ports.notifier import Answered, Notification

TIMEOUT_S: Final = 15.0
ANSWER_BYTES: Final = 2_048
AGENT: Final = f"runbell/{version('runbell')} (webhooks)"


class WebhookNotifier:
    """Implements `ports.notifier.Notifier`."""

    def __init__(self, outlet: Outlet, *, timeout_s: float = TIMEOUT_S) -> None:
        self._outlet = outlet
        self._timeout_s = timeout_s

    async def notify(self, notification: Notification) -> Answered:
        """Send it. A redirection is not followed: what vouches for the address is whoever gave it."""
        headers = headers_of(notification)
        call = Call(
            url=notification.url, method="POST", headers=tuple(headers.items()), body=notification.body,
            seconds=self._timeout_s, answer_bytes=ANSWER_BYTES,
        )  # fmt: skip
        try:
            answer = await self._outlet.send(call)
        except Refused as refusal:
            return Answered(headers=headers, error=str(refusal), refused=True)
        except Unreached as trouble:
            return Answered(headers=headers, error=str(trouble))
        return Answered(
            headers=headers, status=answer.status, retry_after_ms=_retry_after_ms(answer, notification.at),
            answer=answer.body.decode("utf-8", "replace"),
        )  # fmt: skip


def headers_of(notification: Notification) -> dict[str, str]:
    """What goes in the headers: the signature, and the attributes of a CloudEvent if it is to be one."""
    seconds = notification.at // 1_000
    headers = {
        "content-type": "application/json",
        "user-agent": AGENT,
        "webhook-id": notification.id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": signature(notification.id, seconds, notification.body, notification.secrets),
    }
    if notification.traceparent is not None:
        headers["traceparent"] = notification.traceparent
    return headers | _cloud_event(notification) if notification.cloud_events else headers


def _cloud_event(notification: Notification) -> dict[str, str]:
    """https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#31-binary-content-mode"""
    found = {
        "ce-specversion": "1.0",
        "ce-id": notification.id,
        "ce-type": notification.type,
        "ce-source": notification.source,
        "ce-time": _rfc3339(notification.time),
    }
    return found | ({"ce-subject": notification.subject} if notification.subject else {})


def _rfc3339(at: int) -> str:
    return datetime.fromtimestamp(at / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _retry_after_ms(answer: Answer, now: int) -> int | None:
    """How long the receiver asks to wait (RFC 9110 §10.2.3): seconds, or a date."""
    text = (answer.header("retry-after") or "").strip()
    if text.isascii() and text.isdigit():
        return int(text[:9]) * 1_000
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(0, round(moment.timestamp() * 1_000) - now)
