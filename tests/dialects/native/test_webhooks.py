"""Webhooks, callbacks and deliveries over the native API."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from runbell.domain import signing_secret
from runbell.domain.execution import Error
from runbell.domain.outcome import Failed
from runbell.engine.courier import WEBHOOK, Courier
from runbell.notifiers.signing import public_key, signature
from runbell.operations.telling import Telling
from runbell.ports.audit_table import AuditQuery
from runbell.ports.notifier import Answered, Notification
from tests.dialects.native.visit import Visit, a_visit

pytestmark = pytest.mark.anyio
WEBHOOKS = "/api/v1/webhooks"
OPS = {"name": "ops", "url": "https://ops.example/hooks?token=s3cret"}


class Sent:
    """A notifier that only notes. Implements `ports.notifier.Notifier`."""

    def __init__(self) -> None:
        self.all: list[Notification] = []
        self.status = 204

    async def notify(self, notification: Notification) -> Answered:
        self.all.append(notification)
        signed = signature(notification.id, 7, notification.body, notification.secrets)
        return Answered(headers={"webhook-signature": signed}, status=self.status, answer="thank you")


@pytest.fixture
async def visit(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Visit]:
    async with a_visit(tmp_path) as opened:
        yield opened


@pytest.fixture
def sent() -> Sent:
    return Sent()


async def carried(visit: Visit, sent: Sent) -> int:
    return await Courier(visit.ports, visit.ports.telling.formats, {WEBHOOK: sent}).once()


async def made(visit: Visit, **members: Any) -> dict[str, Any]:
    reply = await visit.call.post(WEBHOOKS, OPS | members)
    assert reply.status == 201, reply
    found: dict[str, Any] = reply.json
    return found


async def test_a_webhook_is_made_with_a_secret_that_is_shown_once(visit: Visit) -> None:
    reply = await visit.call.post(WEBHOOKS, OPS)
    assert (reply.status, reply.headers["location"], reply.headers["etag"]) == (201, f"{WEBHOOKS}/ops", '"1"')
    signing_secret.read(reply.json["secret"])
    for path in (f"{WEBHOOKS}/ops", f"{WEBHOOKS}/{reply.json['id']}"):
        seen = await visit.call.get(path)
        assert (seen.status, seen.json["name"], "secret" in seen.json) == (200, "ops", False)
    listed = await visit.call.get(WEBHOOKS)
    assert [one["name"] for one in listed.json["items"]] == ["ops"]
    secret = reply.json["secret"].encode()
    assert secret not in seen.body + listed.body
    entries = await visit.ports.store.audit(AuditQuery(project="default", limit=10))
    assert secret not in repr(entries).encode()
    assert "webhooks.create" in repr(entries)


async def test_every_end_is_told_by_default_in_a_thin_body_with_the_number_of_the_event(
    visit: Visit, sent: Sent
) -> None:
    await made(visit)
    await visit.defined()
    run = await visit.ended(body={"key": "k1"})
    assert await carried(visit, sent) == 1
    feed = (await visit.call.get("/api/v1/events?types=execution.succeeded")).json["items"]
    (delivery,) = (await visit.call.get(f"{WEBHOOKS}/ops/deliveries")).json["items"]
    body = delivery["body"]
    own = f"/api/v1/executions/{run['id']}"
    assert body == {
        "type": "execution.succeeded",
        "timestamp": feed[0]["time"],
        "data": {
            "seq": feed[0]["seq"], "execution": run["id"], "number": run["number"], "key": "k1", "job": "load",
            "project": "default", "status": "succeeded", "revision": run["revision"],
            "exit_status": {"code": "OK", "message": ""},
            "links": {"self": own, "result": f"{own}/result", "logs": f"{own}/logs", "deliveries": f"{own}/deliveries"},
        },
    }  # fmt: skip
    (attempt,) = delivery["attempts"]
    assert (delivery["id"], delivery["status"], attempt["status"]) == (sent.all[0].id, "delivered", 204)
    assert (attempt["response_body"], attempt["url"]) == ("thank you", OPS["url"])


async def test_whoever_may_see_an_execution_sees_its_deliveries_without_what_may_be_secret(
    visit: Visit, sent: Sent
) -> None:
    await made(visit)
    await visit.defined()
    run = await visit.ended(body={"callback": {"url": "https://c.example/a?b=hidden"}})
    await carried(visit, sent)
    reply = await visit.call.get(run["links"]["deliveries"])
    assert [one["webhook"] and one["webhook"]["name"] for one in reply.json["items"]] == [None, "ops"]
    assert b"s3cret" not in reply.body
    assert b"hidden" not in reply.body
    assert b"https://c.example/" in reply.body


async def test_a_delivery_is_sent_again_from_both_sides(visit: Visit, sent: Sent) -> None:
    await made(visit)
    await visit.defined()
    run = await visit.ended()
    await carried(visit, sent)
    for path in (f"{WEBHOOKS}/ops/deliveries", run["links"]["deliveries"]):
        (delivery,) = (await visit.call.get(path)).json["items"]
        again = await visit.call.post(delivery["links"]["redeliver"])
        assert (again.status, again.json["status"], again.json["id"]) == (202, "pending", delivery["id"])
        await carried(visit, sent)
    assert len({one.id for one in sent.all}) == 1
    assert len(sent.all) == 3
    other = await visit.ended()
    for path in (
        f"{WEBHOOKS}/ops/deliveries/msg_x/redeliver",
        f"{other['links']['deliveries']}/{delivery['id']}/redeliver",
    ):
        assert (await visit.call.post(path)).status == 404


async def test_single_members_are_changed_and_it_is_switched_off_and_on(visit: Visit) -> None:
    await made(visit)
    path, merge = f"{WEBHOOKS}/ops", {"content-type": "application/merge-patch+json"}
    changed = await visit.call.send("PATCH", path, {"enabled": False, "events": ["execution.lost"]}, **merge)
    assert (changed.json["enabled"], changed.json["disabled_reason"], changed.json["revision"]) == (False, "by_hand", 2)
    assert (changed.json["events"], changed.json["url"]) == (["execution.lost"], OPS["url"])
    assert (await visit.call.send("PATCH", path, {"enabled": True}, **merge, **{"if-match": '"1"'})).status == 412
    on = await visit.call.send("PATCH", path, {"enabled": True, "events": None}, **merge, **{"if-match": '"2"'})
    assert (on.json["enabled"], on.json["disabled_at"], len(on.json["events"])) == (True, None, 5)
    assert (await visit.call.delete(path, **{"if-match": '"2"'})).status == 412
    assert (await visit.call.delete(path)).status == 204
    assert (await visit.call.get(path)).status == 404


async def test_a_new_secret_signs_beside_the_old_one_for_a_while(visit: Visit, sent: Sent) -> None:
    old = (await made(visit))["secret"]
    rotated = await visit.call.post(f"{WEBHOOKS}/ops/secret", {"overlap_ms": 60_000})
    assert rotated.status == 200
    assert (await visit.call.get(f"{WEBHOOKS}/ops")).json["old_secret_until"] == rotated.json["old_until"]
    await visit.call.post(f"{WEBHOOKS}/ops/test")
    await carried(visit, sent)
    assert sent.all[0].secrets == (rotated.json["secret"], old)
    given = signing_secret.fresh("v1")
    assert (await visit.call.post(f"{WEBHOOKS}/ops/secret", {"secret": given, "overlap_ms": 0})).json["secret"] == given
    await visit.call.post(f"{WEBHOOKS}/ops/test")
    await carried(visit, sent)
    assert sent.all[1].secrets == (given,)


async def test_a_test_event_says_to_whom_it_goes(visit: Visit, sent: Sent) -> None:
    webhook = await made(visit)
    reply = await visit.call.post(f"{WEBHOOKS}/ops/test")
    assert (reply.status, reply.json["type"], reply.json["execution"]) == (202, "endpoint.test", None)
    await carried(visit, sent)
    assert webhook["id"].encode() in sent.all[0].body


async def test_what_was_missed_is_replayed(visit: Visit, sent: Sent) -> None:
    await visit.defined()
    await visit.ended()
    await made(visit)
    reply = await visit.call.post(f"{WEBHOOKS}/ops/replay", {"since": "2020-01-01T00:00:00Z"})
    assert (reply.status, reply.json) == (202, {"webhook": "ops", "count": 1})
    assert (await visit.call.post(f"{WEBHOOKS}/ops/replay", {"since": "2999-01-01T00:00:00Z"})).json["count"] == 0
    assert (await visit.call.post(f"{WEBHOOKS}/ops/replay", {"since": "yesterday"})).status == 422
    await carried(visit, sent)
    everything = {"since": "2020-01-01T00:00:00Z", "include": "all"}
    assert (await visit.call.post(f"{WEBHOOKS}/ops/replay", everything)).json["count"] == 1


@pytest.mark.parametrize(
    ("members", "pointer", "code"),
    [
        ({"name": ".x"}, "/name", "pattern"),
        ({"url": "http://public.example/"}, "/url", "invalid_url"),
        ({"url": "https://10.0.0.1/"}, "/url", "invalid_url"),
        ({"url": "https://user@e.example/"}, "/url", "invalid_url"),
        ({"url": "nowhere"}, "/url", "invalid_url"),
        ({"events": []}, "/events", "too_few"),
        ({"events": ["execution.succeded"]}, "/events/0", "unknown_event"),
        ({"format": "xml"}, "/format", "unknown_format"),
        ({"secret": "whsec_short"}, "/secret", "invalid_secret"),
        ({"signature": "v1a", "secret": signing_secret.fresh("v1")}, "/secret", "invalid_secret"),
        ({"only_named": True, "job": "load"}, "/only_named", "excluded"),
    ],
)
async def test_what_cannot_be_a_webhook_is_refused_where_it_is_wrong(
    visit: Visit, members: dict[str, Any], pointer: str, code: str
) -> None:
    reply = await visit.call.post(WEBHOOKS, OPS | members)
    assert reply.status == 422, reply
    assert (reply.json["errors"][0]["pointer"], reply.json["errors"][0]["code"]) == (pointer, code)


async def test_a_project_has_so_many_webhooks_and_no_more(visit: Visit) -> None:
    for number in range(Telling().most):
        await made(visit, name=f"n{number}")
    reply = await visit.call.post(WEBHOOKS, OPS | {"name": "over"})
    assert (reply.status, reply.json["errors"][0]["code"]) == (422, "too_many")
    twice = await visit.call.post(WEBHOOKS, OPS | {"name": "n1"})
    assert (twice.status, twice.json["errors"][0]["code"]) == (422, "taken")


async def test_a_right_for_one_job_reaches_that_jobs_webhooks_only(visit: Visit) -> None:
    await visit.defined()
    await made(visit)
    mine = await visit.caller("webhooks:write:load", "executions:read:load")
    assert (await mine.get(WEBHOOKS)).json["items"] == []
    assert (await mine.get(f"{WEBHOOKS}/ops")).status == 404
    assert (await mine.post(WEBHOOKS, {"name": "all", "url": "https://e.example/"})).status == 422
    own = await mine.post(WEBHOOKS, {"name": "own", "url": "https://e.example/", "job": "load"})
    assert own.status == 201
    assert [one["name"] for one in (await mine.get(WEBHOOKS)).json["items"]] == ["own"]


async def test_an_ed25519_webhook_shows_what_verifies_and_never_what_signs(visit: Visit, sent: Sent) -> None:
    secret = signing_secret.fresh("v1a")
    object.__setattr__(visit.ports.telling, "public_key", public_key)
    webhook = await made(visit, signature="v1a", secret=secret)
    assert (webhook["secret"], webhook["public_key"]) == (None, public_key(secret))
    await visit.call.post(f"{WEBHOOKS}/ops/test")
    await carried(visit, sent)
    assert sent.all[0].secrets == (secret,)


async def test_a_callback_of_a_start_is_told_with_the_events_and_the_secret_that_it_names(
    visit: Visit, sent: Sent
) -> None:
    await visit.defined()
    secret = signing_secret.fresh("v1")
    callback = {"url": "https://c.example/x", "events": ["execution.started"], "secret": secret}
    run = await visit.ended(body={"callback": callback})
    await visit.ended(body={"callback": {"url": "https://c.example/y"}})
    assert await carried(visit, sent) == 2
    own = await visit.call.get("/api/v1/callback-secret")
    assert [(one.type, one.url, one.secrets) for one in sent.all] == [
        ("execution.started", "https://c.example/x", (secret,)),
        ("execution.succeeded", "https://c.example/y", (own.json["secret"],)),
    ]
    assert own.json["client"] == run["trigger"]["actor"]


async def test_a_caller_replaces_what_signs_its_callbacks(visit: Visit, sent: Sent) -> None:
    await visit.defined()
    before = (await visit.call.get("/api/v1/callback-secret")).json
    reply = await visit.call.post("/api/v1/callback-secret", {"overlap_ms": 3_600_000})
    now = (await visit.call.get("/api/v1/callback-secret")).json
    assert (reply.status, reply.json, before["old_until"]) == (200, now, None)
    assert now["secret"] != before["secret"]
    assert now["old_until"] is not None
    await visit.ended(body={"callback": {"url": "https://c.example/"}})
    await carried(visit, sent)
    assert sent.all[0].secrets == (now["secret"], before["secret"])
    assert "callbacks.rotate" in repr(await visit.ports.store.audit(AuditQuery(project="default", limit=9)))
    refused = await visit.call.post("/api/v1/callback-secret", {"secret": "whsec_AAAA"})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/secret")


@pytest.mark.parametrize("verb", ["rerun", "restart"])
async def test_a_rerun_and_a_restart_tell_whom_they_name_and_not_whom_the_first_start_named(
    visit: Visit, sent: Sent, verb: str
) -> None:
    visit.house.script.plays["a"] += [lambda _: Failed(Error(code="ERROR", detail="no"))]
    await visit.defined()
    first = await visit.ended(body={"callback": {"url": "https://first.example/"}})
    path = f"/api/v1/executions/{first['id']}/{verb}"
    bad = {"callback": {"url": "https://127.0.0.1/"}}
    for refused in (await visit.call.post(path, bad), await visit.call.post(f"{path}:plan", bad)):
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/callback/url")
    again = await visit.call.post(path, {"callback": {"url": "https://again.example/"}}, prefer="wait=5")
    quiet = await visit.call.post(path, {}, prefer="wait=5")
    assert (again.status, quiet.status) == (200, 200), (again, quiet)
    await carried(visit, sent)
    assert sorted((one.url, one.subject) for one in sent.all)[::-1] == [
        ("https://first.example/", first["id"]), ("https://again.example/", again.json["id"]),
    ]  # fmt: skip


async def test_a_plan_of_a_start_refuses_the_callback_that_the_start_would_refuse(visit: Visit) -> None:
    await visit.defined()
    asked = {"callback": {"url": "https://127.0.0.1/"}}
    reply = await visit.call.post("/api/v1/jobs/load/executions:plan", asked)
    assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "/callback/url")


@pytest.mark.parametrize(
    ("callback", "pointer"),
    [
        ({"url": "http://c.example/"}, "/callback/url"),
        ({"url": "https://127.0.0.1/"}, "/callback/url"),
        ({"url": "https://c.example/", "events": ["execution.ended"]}, "/callback/events/0"),
        ({"url": "https://c.example/", "secret": "whsec_AAAA"}, "/callback/secret"),
        ({"url": "https://c.example/", "format": "soap"}, "/callback/format"),
        ({"url": "https://c.example/", "more": 1}, "/callback/more"),
        ({"events": []}, "/callback/url"),
    ],
)
async def test_a_callback_that_cannot_be_made_refuses_the_start(
    visit: Visit, callback: dict[str, Any], pointer: str
) -> None:
    await visit.defined()
    reply = await visit.call.post("/api/v1/jobs/load/executions", {"callback": callback})
    assert reply.status == 422
    assert reply.json["errors"][0]["pointer"] in (pointer, "/callback")
    assert (await visit.call.get("/api/v1/executions")).json["items"] == []


async def test_a_disabled_webhook_is_an_event_of_no_execution(visit: Visit, sent: Sent) -> None:
    await made(visit)
    await visit.defined()
    await visit.ended()
    sent.status = 410
    await carried(visit, sent)
    event = (await visit.call.get("/api/v1/events?types=endpoint.disabled")).json["items"][0]
    assert (event["execution"], event["number"], event["job"]) == (None, None, None)
    assert event["data"]["reason"] == "gone"
    assert (await visit.call.get(f"{WEBHOOKS}/ops")).json["disabled_reason"] == "gone"


async def test_the_longest_body_stays_thin(visit: Visit, sent: Sent) -> None:
    name = "x" * 255
    await made(visit)
    await visit.defined(name, "a")
    visit.house.script.plays["a"] += [lambda _: Failed(Error(code="ERROR", detail="\x01" * 50_000))]
    await visit.ended(name, {"key": "\U0001f514" * 200})
    await carried(visit, sent)
    assert len(sent.all[0].body) < 20_000


async def test_nothing_is_said_to_be_on_its_way_to_a_disabled_webhook(visit: Visit, sent: Sent) -> None:
    await made(visit)
    await visit.defined()
    run = await visit.ended()
    sent.status = 410
    await carried(visit, sent)
    (delivery,) = (await visit.call.get(f"{WEBHOOKS}/ops/deliveries")).json["items"]
    own = f"/deliveries/{delivery['id']}/redeliver"
    since = {"since": "2030-01-01T00:00:00Z"}
    for path, body in (
        (f"{WEBHOOKS}/ops/replay", since), (f"{WEBHOOKS}/ops{own}", None),
        (f"/api/v1/executions/{run['id']}{own}", None),
    ):  # fmt: skip
        refused = await visit.call.post(path, body)
        assert (refused.status, refused.code) == (422, "invalid_field")
        assert "is disabled; enable it first" in refused.json["detail"]
    merge = {"content-type": "application/merge-patch+json"}
    await visit.call.send("PATCH", f"{WEBHOOKS}/ops", {"enabled": True}, **merge)
    assert (await visit.call.post(f"{WEBHOOKS}/ops/replay", since)).json["count"] == 1
    sent.status = 204
    assert await carried(visit, sent) == 1
