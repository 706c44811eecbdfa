"""The calls about webhooks and deliveries. A secret is answered once, when it is made."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote

import msgspec

from runbell.client.call import call, stream
from runbell.client.caller import Caller, execution_path
from runbell.client.connection import API
from runbell.client.effects import Ask, Flow, Stream
from runbell.client.exchange import read
from runbell.client.webhook_answers import (
    CallbackSecret,
    Delivery,
    NewWebhook,
    NewWebhookSecret,
    Replay,
    Webhook,
)

T = TypeVar("T")
WEBHOOKS: Final = f"{API}/webhooks"


class WebhookCalls(Caller):
    """Make, change and delete webhooks; see what was told to whom, and send it again."""

    @stream
    def webhooks(self) -> Stream[Webhook]:
        """All webhooks, by name."""
        yield from self._pages(WEBHOOKS, Webhook, {})

    @call
    def webhook(self, name: str) -> Flow[Webhook]:
        """The webhook of that name or id. Raises ProblemError `not_found`."""
        return (yield from self._get(_at(name), Webhook))

    @call
    def create_webhook(
        self,
        name: str,
        url: str,
        *,
        job: str | None = None,
        only_named: bool = False,
        events: Sequence[str] | None = None,
        format: str = "runbell",  # noqa: A002 - the API's word
        cloud_events: bool = False,
        description: str = "",
        signature: str = "v1",
        secret: str | None = None,
    ) -> Flow[NewWebhook]:
        """A new webhook: told of all jobs, of one (`job`), or of those that name it in `notify` (`only_named`).

        `events`: default the ends of executions. Its secret is in this answer, once. Raises ProblemError.
        """
        given = {
            "name": name, "url": url, "job": job, "only_named": only_named, "events": events, "format": format,
            "cloud_events": cloud_events, "description": description, "signature": signature, "secret": secret,
        }  # fmt: skip
        return (yield from self._told("POST", WEBHOOKS, _given(given), NewWebhook))

    @call
    def change_webhook(self, name: str, members: Mapping[str, Any], *, if_revision: int | None = None) -> Flow[Webhook]:
        """Change members of a webhook; `enabled` switches it off and on, None takes a member back to its default."""
        headers = {"Content-Type": "application/merge-patch+json"}
        if if_revision is not None:
            headers["If-Match"] = f'"{if_revision}"'
        ask = Ask(method="PATCH", path=_at(name), headers=headers, body=msgspec.json.encode(members))
        return read((yield from self._send(ask)), Webhook)

    @call
    def delete_webhook(self, name: str) -> Flow[None]:
        """Delete a webhook; what is on its way to it is given up. Raises ProblemError `not_found`."""
        yield from self._send(Ask(method="DELETE", path=_at(name)))

    @call
    def rotate_webhook_secret(
        self, name: str, *, secret: str | None = None, overlap_ms: int = 86_400_000
    ) -> Flow[NewWebhookSecret]:
        """A new secret, in this answer, once; the one before signs beside it for so long."""
        given = _given({"secret": secret, "overlap_ms": overlap_ms})
        return (yield from self._told("POST", f"{_at(name)}/secret", given, NewWebhookSecret))

    @call
    def test_webhook(self, name: str) -> Flow[Delivery]:
        """Send a webhook an event that means nothing, in one attempt; look at its deliveries for what came of it."""
        return (yield from self._told("POST", f"{_at(name)}/test", None, Delivery))

    @call
    def replay_webhook(self, name: str, since: str, *, everything: bool = False) -> Flow[Replay]:
        """Send a webhook what it was not told since that time (RFC 3339); `everything`: also what it was."""
        given = {"since": since, "include": "all" if everything else "undelivered"}
        return (yield from self._told("POST", f"{_at(name)}/replay", given, Replay))

    @stream
    def webhook_deliveries(self, name: str) -> Stream[Delivery]:
        """What was told to a webhook, the newest first."""
        yield from self._pages(f"{_at(name)}/deliveries", Delivery, {})

    @stream
    def deliveries(self, ref: str | int) -> Stream[Delivery]:
        """What was told of an execution, the newest first."""
        yield from self._pages(f"{execution_path(ref)}/deliveries", Delivery, {})

    @call
    def redeliver(self, ref: str | int, delivery: str) -> Flow[Delivery]:
        """Send a delivery of an execution again, under the same id."""
        path = f"{execution_path(ref)}/deliveries/{quote(delivery, safe='')}/redeliver"
        return (yield from self._told("POST", path, None, Delivery))

    @call
    def redeliver_to(self, webhook: str, delivery: str) -> Flow[Delivery]:
        """Send a delivery to a webhook again, under the same id."""
        path = f"{_at(webhook)}/deliveries/{quote(delivery, safe='')}/redeliver"
        return (yield from self._told("POST", path, None, Delivery))

    @call
    def callback_secret(self) -> Flow[CallbackSecret]:
        """What signs the callbacks of one's own starts that name no secret."""
        return (yield from self._get(f"{API}/callback-secret", CallbackSecret))

    @call
    def rotate_callback_secret(
        self, *, secret: str | None = None, overlap_ms: int = 86_400_000
    ) -> Flow[CallbackSecret]:
        """Replace it, also for what is on its way; the one before signs beside it for so long (default a day)."""
        given = _given({"secret": secret, "overlap_ms": overlap_ms})
        return (yield from self._told("POST", f"{API}/callback-secret", given, CallbackSecret))

    def _told(self, method: str, path: str, given: dict[str, Any] | None, shape: type[T]) -> Flow[T]:
        headers = {} if given is None else {"Content-Type": "application/json"}
        body = b"" if given is None else msgspec.json.encode(given)
        return read((yield from self._send(Ask(method=method, path=path, headers=headers, body=body))), shape)


def _given(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _at(name: str) -> str:
    return f"{WEBHOOKS}/{quote(name, safe='')}"
