"""Endpoints for webhooks and deliveries. A secret is shown in the answer that makes it, and never again."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET

from runbell.dialects.native import asking, delivery_wire, execution_wire
from runbell.dialects.native.webhook_shapes import (
    DeliveriesPage,
    NewWebhookBody,
    NewWebhookShape,
    OwnSecretShape,
    ReplayBody,
    ReplayShape,
    RotateBody,
    RotatedShape,
    WebhookBody,
    WebhookShape,
    WebhooksPage,
)
from runbell.domain.endpoint import Endpoint
from runbell.domain.fault import Problem
from runbell.domain.faults import InvalidField, RevisionMismatch
from runbell.http import body, conditional
from runbell.http.answer import Answer, Headers, header, json_answer
from runbell.http.cursor import Cursors
from runbell.http.merge_patch import merged
from runbell.http.request import Request
from runbell.http.times import moment
from runbell.operations import call_back, deliveries, subscribe
from runbell.operations.call_back import OwnSecret
from runbell.operations.deliveries import Seen

_LIST: Final = {"list": "webhooks"}
_ONCE: Final[Headers] = [(b"cache-control", b"no-store")]


class Webhooks:
    """The endpoints, and the cursors of their lists."""

    def __init__(self, cursors: Cursors) -> None:
        self._cursors = cursors

    async def page(self, request: Request) -> Answer:
        """One page of webhooks, by name."""
        limit = request.limit()
        after = await self._cursors.read(request.cursor(), _LIST, str)
        found = await subscribe.page(request.ports, request.actor, after or "", limit + 1)
        onward = await self._cursors.write(found[limit - 1].name, _LIST) if len(found) > limit else None
        page = WebhooksPage([await _shape(request, one) for one in found[:limit]], onward, onward is not None)
        return json_answer(page, headers=request.next_page(onward))

    async def create(self, request: Request) -> Answer:
        """A new webhook, with its secret."""
        asked, _ = body.typed(await request.json(), NewWebhookBody)
        made, secret = await subscribe.create(
            request.ports, request.actor, _wanted(asked), asked.signature, asked.secret
        )
        shape = NewWebhookShape(**await _members(request, made), secret=secret.secret)
        place = header("location", delivery_wire.ROOT + made.name)
        return json_answer(shape, 201, [*_ONCE, (b"etag", conditional.etag(made.revision)), place])

    async def get(self, request: Request) -> Answer:
        """One webhook."""
        return await _written(request, await subscribe.one(request.ports, request.actor, request.values["webhook"]))

    async def patch(self, request: Request) -> Answer:
        """Change single members (RFC 7396); `enabled` switches it off and on."""
        standing = await subscribe.one(request.ports, request.actor, request.values["webhook"])
        revision = asking.expected_revision(request)
        if revision not in (None, standing.revision):
            raise RevisionMismatch(f"It is at revision {standing.revision} now; read it again, then send the change.")
        raw = await request.json()
        asked, _ = body.typed(merged(msgspec.to_builtins(_body(standing)), raw), WebhookBody)
        return await _written(request, await subscribe.change(request.ports, request.actor, standing, _wanted(asked)))

    async def remove(self, request: Request) -> Answer:
        """Delete a webhook."""
        revision = asking.expected_revision(request)
        await subscribe.remove(request.ports, request.actor, request.values["webhook"], revision)
        return Answer(204, [])

    async def rotate(self, request: Request) -> Answer:
        """A new secret."""
        await subscribe.one(request.ports, request.actor, request.values["webhook"])  # not there: nothing else matters
        asked, _ = body.typed(await request.json(), RotateBody)
        made = await subscribe.rotate(
            request.ports, request.actor, request.values["webhook"], asked.secret, asked.overlap_ms
        )
        shape = RotatedShape(
            secret=made.secret, public_key=made.public_key, old_until=delivery_wire.time(made.old_until)
        )
        return json_answer(shape, headers=[*_ONCE])

    async def test(self, request: Request) -> Answer:
        """Send a test event."""
        made = await deliveries.test(request.ports, request.actor, request.values["webhook"])
        return json_answer(delivery_wire.delivery(made, whole_url=True), 202)

    async def replay(self, request: Request) -> Answer:
        """Send what was missed."""
        await subscribe.one(request.ports, request.actor, request.values["webhook"])  # not there: nothing else matters
        asked, _ = body.typed(await request.json(), ReplayBody)
        try:
            since = moment(asked.since)
        except ValueError as error:
            problem = Problem("/since", "invalid_time", str(error))
            raise InvalidField(str(error), problems=(problem,)) from None
        endpoint, count = await deliveries.replay(
            request.ports, request.actor, request.values["webhook"], since, everything=asked.include == "all"
        )
        return json_answer(ReplayShape(endpoint.name, count), 202)

    async def deliveries(self, request: Request) -> Answer:
        """What was told to a webhook."""
        name = request.values["webhook"]
        which = {"deliveries": "webhook", "webhook": name}
        before = await self._cursors.read(request.cursor(), which, int)
        found = await deliveries.of_webhook(request.ports, request.actor, name, before, request.limit() + 1)
        return await self._page(request, found, which, whole_url=True)

    async def of_execution(self, request: Request) -> Answer:
        """What was told of an execution."""
        name = request.values["id"]
        which = {"deliveries": "execution", "execution": name}
        before = await self._cursors.read(request.cursor(), which, int)
        ref = execution_wire.reference(name)
        found = await deliveries.of_execution(request.ports, request.actor, ref, before, request.limit() + 1)
        return await self._page(request, found, which, whole_url=False)

    async def redeliver(self, request: Request) -> Answer:
        """Send a delivery to a webhook again."""
        made = await deliveries.redeliver_of_webhook(
            request.ports, request.actor, request.values["webhook"], request.values["delivery"]
        )
        return json_answer(delivery_wire.delivery(made, whole_url=True), 202)

    async def redeliver_of_execution(self, request: Request) -> Answer:
        """Send a delivery of an execution again."""
        ref = execution_wire.reference(request.values["id"])
        made = await deliveries.redeliver_of_execution(request.ports, request.actor, ref, request.values["delivery"])
        return json_answer(delivery_wire.delivery(made, whole_url=False), 202)

    async def own_secret(self, request: Request) -> Answer:
        """What signs this caller's callbacks."""
        return _own(request, await call_back.own(request.ports, request.actor))

    async def rotate_own(self, request: Request) -> Answer:
        """Replace what signs this caller's callbacks."""
        asked, _ = body.typed(await request.json(), RotateBody)
        return _own(request, await call_back.rotate_own(request.ports, request.actor, asked.secret, asked.overlap_ms))

    async def _page(self, request: Request, found: Sequence[Seen], which: dict[str, Any], *, whole_url: bool) -> Answer:
        limit = request.limit()
        more = len(found) > limit
        onward = await self._cursors.write(found[limit - 1].delivery.number, which) if more else None
        shapes = [delivery_wire.delivery(seen, whole_url=whole_url) for seen in found[:limit]]
        return json_answer(DeliveriesPage(shapes, onward, more), headers=request.next_page(onward))


def _own(request: Request, own: OwnSecret) -> Answer:
    until = delivery_wire.time(own.old_until)
    shape = OwnSecretShape(client=request.actor.client, secret=own.secret, old_until=until)
    return json_answer(shape, headers=[*_ONCE])


def _wanted(asked: WebhookBody) -> subscribe.Wanted:
    return subscribe.Wanted(
        name=asked.name, url=asked.url, job=asked.job, only_named=asked.only_named,
        events=UNSET if asked.events is None else tuple(asked.events), format=asked.format,
        cloud_events=asked.cloud_events, description=asked.description, enabled=asked.enabled,
    )  # fmt: skip


def _body(it: Endpoint) -> WebhookBody:
    return WebhookBody(
        name=it.name, url=it.url, job=it.job, only_named=it.only_named, events=list(it.events), format=it.format,
        cloud_events=it.cloud_events, description=it.description, enabled=it.disabled_at is None,
    )  # fmt: skip


async def _written(request: Request, it: Endpoint) -> Answer:
    headers: Headers = [(b"etag", conditional.etag(it.revision)), (b"cache-control", b"private, no-cache")]
    return json_answer(await _shape(request, it), headers=headers)


async def _shape(request: Request, it: Endpoint) -> WebhookShape:
    return WebhookShape(**await _members(request, it))


async def _members(request: Request, it: Endpoint) -> dict[str, Any]:
    store = request.ports.store
    named_by = tuple(
        job for job in await store.naming(it.project, it.name) if it.may_hear_of(job) and request.actor.reaches(job)
    )
    return delivery_wire.webhook(it, named_by, await store.endpoint_keys(it.number), request.ports.clock.now())
