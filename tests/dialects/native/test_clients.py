"""Clients and keys over the API: secrets shown once, rolled over, and never more rights than the giver's."""

from pathlib import Path
from typing import Any

import pytest

from runbell.http import credentials
from runbell.operations.identify import digest, principal_of
from runbell.ports.audit_table import AuditQuery
from runbell.ports.identity_table import PutToken
from tests.stores.principals import a_token

from .visit import CheckedCaller, Visit, a_visit

pytestmark = pytest.mark.anyio
API = "/api/v1"
ETL = f"{API}/clients/etl"
RUN = ["executions:run:nightly", "executions:read"]


async def made(visit: Visit, **body: Any) -> dict[str, Any]:
    """The client `etl`, just made."""
    reply = await visit.call.post(f"{API}/clients", {"id": "etl", "scopes": RUN, **body})
    assert (reply.status, reply.headers["location"], reply.headers["cache-control"]) == (201, ETL, "no-store"), reply
    found: dict[str, Any] = reply.json
    return found


async def test_a_client_is_made_changed_and_deleted(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        client = await made(visit, name="ETL")
        assert client["secret"].startswith("rb_cs_")
        assert client["grants"] == {"default": RUN}
        seen = await visit.call.get(ETL)
        assert "secret" not in seen.json
        assert (await visit.call.get(ETL, if_none_match='"1"')).status == 304
        patched = await visit.call.send("PATCH", ETL, {"quota": {"limit": 5, "window_s": 60}}, if_match='"1"')
        assert (patched.status, patched.json["quota"]) == (200, {"limit": 5, "window_s": 60})
        put = await visit.call.put(ETL, {"scopes": ["executions:read"]}, if_match='"2"')
        assert (put.status, put.json["grants"], put.json["quota"], len(put.json["secrets"])) == (
            200, {"default": ["executions:read"]}, None, 1,
        )  # fmt: skip
        assert (await visit.call.put(ETL, {}, if_match='"1"')).code == "revision_mismatch"
        assert (await visit.call.put(f"{API}/clients/absent", {})).status == 404
        assert (await visit.call.post(f"{API}/clients", {"id": "etl", "scopes": RUN})).status == 422
        assert (await visit.call.delete(ETL)).status == 204
        assert (await visit.call.get(ETL)).status == (await visit.call.delete(ETL)).status == 404


async def test_a_secret_is_rolled_over_with_overlap_and_never_shown_again(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        first = (await made(visit))["secret"]
        ends = "2030-03-18T17:46:40.000Z"
        second = await visit.call.post(f"{ETL}/secrets", {"others_expire_at": ends})
        assert (second.status, second.headers["cache-control"]) == (201, "no-store")
        by_id = {one["id"]: one for one in (await visit.call.get(ETL)).json["secrets"]}
        new = by_id.pop(second.json["id"])
        (old,) = by_id.values()
        assert (old["expires_at"], new["id"], new["expires_at"]) == (ends, second.json["id"], None)
        third = await visit.call.post(f"{ETL}/secrets", {})
        assert (third.status, third.code) == (409, "in_use")
        kept = await visit.ports.store.client("etl")
        assert kept is not None
        assert {one.digest for one in kept.secrets} == {digest(first), digest(second.json["secret"])}
        assert (await visit.call.delete(f"{ETL}/secrets/{old['id']}")).status == 204
        assert (await visit.call.delete(f"{ETL}/secrets/{old['id']}")).status == 404
        assert (await visit.call.post(f"{ETL}/secrets", {"secret": "a-secret-that-scripts-have-already"})).status == 201
        told = (await visit.call.get(f"{API}/clients")).body + (await visit.call.get(ETL)).body
        lines = repr((await visit.ports.store.audit(AuditQuery(project=None))).items)
        for secret in (first, second.json["secret"], "a-secret-that-scripts-have-already"):
            assert secret.encode() not in told
            assert secret not in lines


async def test_a_secret_that_is_ended_takes_the_tokens_it_was_used_for_along(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        store = visit.ports.store
        old = (await made(visit))["secrets"][0]["id"]
        new = (await visit.call.post(f"{ETL}/secrets", {})).json["id"]
        of_old, of_new = a_token(b"1", about={"secret": old}), a_token(b"2", about={"secret": new})
        await store.put_token(PutToken(tokens=(of_old, of_new, a_token(b"3")), at=0))
        await visit.call.delete(f"{ETL}/secrets/{old}")
        assert [await store.token(one) is not None for one in (b"1", b"2", b"3")] == [False, True, False]
        await visit.call.send("PATCH", ETL, {"disabled": True}, if_match="*")
        assert await store.token(b"2") is None


async def test_a_key_is_shown_once_works_and_is_gone_within_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        reply = await visit.call.post(f"{API}/keys", {"name": "nightly", "scopes": ["jobs:read:load"]})
        assert (reply.status, reply.headers["cache-control"]) == (201, "no-store")
        key, path = reply.json["key"], reply.headers["location"]
        assert key.startswith(f"rb_key_{reply.json['id']}_")
        caller = CheckedCaller(visit.door.app, key, visit.call.documented)
        who = (await caller.get(f"{API}/whoami")).json
        assert who == {
            "client": "key:nightly", "user": None, "project": "default", "projects": ["default"],
            "scopes": {"default": ["jobs:read:load"]}, "expires_at": None,
        }  # fmt: skip
        told = (await visit.call.get(path)).body + (await visit.call.get(f"{API}/keys")).body
        assert key.encode() not in told
        assert key not in repr((await visit.ports.store.audit(AuditQuery(project=None))).items)
        await visit.ports.uses.settle()
        assert (await visit.call.get(path)).json["last_used_at"] is not None
        assert (await visit.call.post(f"{API}/keys", {"name": "nightly", "scopes": ["jobs:read"]})).status == 422
        patched = await visit.call.send(
            "PATCH", path, {"name": "n", "expires_at": "2030-03-17T17:46:41Z"}, if_match='"1"'
        )
        assert (patched.json["name"], patched.json["expires_at"]) == ("n", "2030-03-17T17:46:41.000Z")
        assert (await visit.call.send("PATCH", path, {"scopes": ["jobs:read"]}, if_match='"2"')).json["grants"] == {
            "default": ["jobs:read"]
        }
        assert (await visit.call.delete(path)).status == 204
        at = credentials.monotonic() + credentials.REMEMBERED_S
        monkeypatch.setattr(credentials, "monotonic", lambda: at)
        assert (await caller.get(f"{API}/whoami")).code == "invalid_token"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "k"}, "/scopes"), ({"name": "k", "scopes": []}, "/scopes"), ({"name": "k", "grants": {}}, "/scopes"),
        ({"name": "k", "scopes": ["jobs:fly"]}, "/grants/default"),
        ({"name": "k", "scopes": ["jobs:read"], "grants": {}}, "/scopes"),
        ({"name": "a/b", "scopes": ["jobs:read"]}, "/name"), ({"name": "k", "grants": {"nowhere": ["jobs:read"]}}, ""),
        ({"name": "k", "scopes": ["jobs:read"], "surfaces": ["gopher"]}, "/surfaces/0"),
        ({"name": "k", "scopes": ["users:admin:load"]}, "/grants/default"),
        ({"name": "k", "scopes": ["jobs:read"], "expires_at": "tomorrow"}, "/expires_at"),
        ({"name": "k", "scopes": ["jobs:read"], "key": "rb_key_x"}, "/key"),
        ({"name": "k", "scopes": ["jobs:read"], "project": "b"}, "/project"),
    ],
)  # fmt: skip
async def test_what_a_key_cannot_be_is_refused(tmp_path: Path, body: dict[str, Any], pointer: str) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        refused = await visit.call.post(f"{API}/keys", body)
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, pointer), refused


async def test_nobody_hands_on_what_he_does_not_hold(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.call.put(f"{API}/projects/finance", {})
        await visit.call.put(f"{API}/users/boss", {"roles": {"*": "admin"}})
        mine = await visit.caller("clients:admin", "executions:run:nightly", "jobs:read", name="mine")
        for grants, missing in (
            ({"default": ["executions:run"]}, "executions:run"),
            ({"default": ["executions:run:x"]}, "executions:run:x"),
            ({"*": ["jobs:read"]}, "jobs:read"), ({"finance": ["jobs:read"]}, "jobs:read"),
            ({"absent": ["jobs:read"]}, "jobs:read"), ({"default": ["users:admin"]}, "users:admin"),
        ):  # fmt: skip
            for path in (f"{API}/keys", f"{API}/clients"):
                body = {"name": "k", "grants": grants}
                refused = await mine.post(path, body)
                assert (refused.status, refused.code) == (403, "insufficient_scope"), (grants, refused)
                assert f'scope="{missing}"' in refused.headers["www-authenticate"]
        assert (await mine.post(f"{API}/keys", {"name": "k", "user": "boss"})).status == 403
        good = {"name": "k", "grants": {"default": ["executions:run:nightly", "jobs:read:load"]}}
        assert (await mine.post(f"{API}/keys", good)).status == 201
        await made(visit, scopes=["jobs:write"])
        for reply in (
            await mine.post(f"{ETL}/secrets", {}), await mine.put(ETL, {"scopes": []}),
            await mine.send("PATCH", ETL, {"name": "x"}, if_match="*"),
        ):  # fmt: skip
            assert (reply.status, reply.code) == (403, "insufficient_scope")
        strong = (await visit.call.post(f"{API}/keys", {"name": "strong", "scopes": ["jobs:write"]})).json["id"]
        raised = await mine.send("PATCH", f"{API}/keys/{strong}", {"expires_at": None}, if_match="*")
        assert raised.status == 403


async def test_clients_and_keys_of_another_project_answer_like_absent_ones(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.call.put(f"{API}/projects/finance", {})
        await made(visit)
        key = (await visit.call.post(f"{API}/keys", {"name": "k", "scopes": ["jobs:read"]})).json["id"]
        other = await visit.caller(project="finance", name="other")
        for path, name in ((ETL, "etl"), (f"{API}/keys/{key}", key)):
            for method, value in (("GET", None), ("DELETE", None), ("PATCH", {"name": "x"})):
                foreign = await other.send(method, path, value, x_request_id="r", if_match="*")
                absent = await other.send(method, path.replace(name, "absent"), value, x_request_id="r", if_match="*")
                assert foreign.status == 404, (method, foreign)
                assert foreign.body.replace(name.encode(), b"absent") == absent.body
        assert (await other.get(f"{API}/clients")).json["items"] == []
        assert [item["name"] for item in (await other.get(f"{API}/keys")).json["items"]] == ["other"]


async def test_a_client_of_a_user_who_goes_goes_with_him(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.call.put(f"{API}/users/anna", {"roles": {"default": "operator"}})
        client = await made(visit, user="anna")
        assert client["user"] == "anna"
        assert (await principal_of(visit.ports, "client:etl")).user == "anna"
        await visit.call.delete(f"{API}/users/anna")
        assert (await visit.call.get(ETL)).status == 404


async def test_sign_ins_are_listed_and_ended(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        store, at = visit.ports.store, visit.house.clock.at
        await visit.call.put(f"{API}/users/anna", {"roles": {"default": "viewer"}})
        anna = await store.user_by_name("anna")
        assert anna is not None
        for place, (session, end) in enumerate((("s1", at + 5), ("s2", at + 5), ("s3", at - 1))):
            who = f"user:{anna.id}" if session != "s2" else "user:other"
            token = a_token(b"r%d" % place, kind="refresh", subject=who, session=session, expires_at=end)
            await store.put_token(PutToken(tokens=(token, a_token(b"a%d" % place, session=session)), at=at - 9))
        listed = (await visit.call.get(f"{API}/sessions")).json["items"]
        assert [one["id"] for one in listed] == ["s1", "s2"]
        assert [one["id"] for one in (await visit.call.get(f"{API}/sessions?user=anna")).json["items"]] == ["s1"]
        assert (await visit.call.get(f"{API}/sessions?user=nobody")).status == 404
        assert (await visit.call.delete(f"{API}/sessions/s1")).status == 204
        assert await store.token(b"a0") is None
        assert await store.token(b"a1") is not None
        assert (await visit.call.delete(f"{API}/sessions/s1")).status == 404


async def test_lists_of_keys_lead_on(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        for name in "abc":
            await visit.call.post(f"{API}/keys", {"name": name, "scopes": ["jobs:read"]})
        first = (await visit.call.get(f"{API}/keys?limit=3")).json
        assert first["has_more"] is True
        rest = (await visit.call.get(f"{API}/keys?limit=3&cursor={first['next_cursor']}")).json
        assert sorted(item["name"] for item in first["items"] + rest["items"]) == ["a", "admin", "b", "c"]
        assert (await visit.call.get(f"{API}/clients?cursor={first['next_cursor']}")).code == "bad_cursor"


async def test_addresses_to_send_people_back_to_are_kept_changed_and_checked(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        first, second = "https://app.example/callback", "http://127.0.0.1/callback"
        assert (await made(visit, redirect_uris=[first, first]))["redirect_uris"] == [first]
        patched = await visit.call.send("PATCH", ETL, {"redirect_uris": [first, second]}, if_match="*")
        assert patched.json["redirect_uris"] == (await visit.call.get(ETL)).json["redirect_uris"] == [first, second]
        renamed = await visit.call.send("PATCH", ETL, {"name": "x"}, if_match="*")
        assert renamed.json["redirect_uris"] == [first, second]
        wrong = [first, "http://app.example/", "https://app.example/#x"]
        refused = await visit.call.send("PATCH", ETL, {"redirect_uris": wrong}, if_match="*")
        assert [(one["pointer"], one["code"]) for one in refused.json["errors"]] == [
            ("/redirect_uris/1", "invalid_redirect_uri"), ("/redirect_uris/2", "invalid_redirect_uri"),
        ]  # fmt: skip
        many = [f"https://app.example/{n}" for n in range(21)]
        assert (await visit.call.send("PATCH", ETL, {"redirect_uris": many}, if_match="*")).status == 422
        assert (await visit.call.put(ETL, {"scopes": RUN})).json["redirect_uris"] == []
        logged = (await visit.call.get(f"{API}/audit?action=clients.put")).json["items"]
        assert [first, second] in [line["detail"]["redirect_uris"] for line in logged]


async def test_a_public_client_has_no_secret_and_gets_none(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.call.put(f"{API}/users/ada", {"roles": {"default": "operator"}})
        client = await made(visit, public=True)
        assert (client["public"], client["secret"], client["secrets"]) == (True, None, [])
        assert (await visit.call.post(f"{ETL}/secrets", {})).json["errors"][0]["code"] == "public_client"
        acting = await visit.call.send("PATCH", ETL, {"user": "ada"}, if_match="*")
        assert (acting.status, acting.json["errors"][0]["pointer"]) == (422, "/user")
        changed = await visit.call.send("PATCH", ETL, {"public": False}, if_match="*")
        assert (changed.status, changed.code) == (422, "unknown_field")
        body = {"id": "x", "public": True, "scopes": RUN}
        for more, pointer in (({"secret": "a-secret-that-scripts-have"}, "/secret"), ({"user": "ada"}, "/user")):
            refused = await visit.call.post(f"{API}/clients", body | more)
            assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, pointer)
        assert (await visit.call.get(ETL)).json["public"] is True
