"""People get in by the device grant, stay in by refresh tokens, and are out when a token is revoked or stolen."""

import re
from pathlib import Path

import pytest

from runbell.operations.identify import digest

from .oauth_visit import (
    PASSWORD,
    SECRET,
    a_client,
    a_person,
    a_sign_in,
    a_token,
    basic,
    decide,
    poll,
    post,
    renew,
)  # fmt: skip
from .visit import CheckedCaller, Visit, a_visit

pytestmark = pytest.mark.anyio
CLI = {"client_id": "runbell-cli"}


async def begun(visit: Visit, **fields: str) -> dict[str, str]:
    """A sign-in that begins."""
    reply = await post(visit.anonymous(), "/oauth/device", CLI | fields)
    assert reply.status == 200, reply
    return dict(reply.json)


async def test_a_device_is_let_in_by_a_person_and_acts_as_that_person(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        await visit.defined("load")
        offered = await begun(visit)
        assert re.fullmatch(r"[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}", offered["user_code"])
        assert (offered["expires_in"], offered["interval"]) == (600, 5)
        assert offered["verification_uri_complete"] == f"http://localhost/device?user_code={offered['user_code']}"
        waits = await poll(visit, offered["device_code"])
        assert (waits.status, waits.json["error"]) == (400, "authorization_pending")
        assert (await decide(visit, offered["user_code"].lower().replace("-", " "), "ada")).status == 200
        got = (await poll(visit, offered["device_code"])).json
        assert got.keys() == {"access_token", "token_type", "expires_in", "scope", "refresh_token"}
        holder = CheckedCaller(visit.door.app, got["access_token"], visit.call.documented)
        made = await holder.post("/api/v1/jobs/load/executions", {})
        assert (made.status, made.json["trigger"]["actor"]) == (202, "user:Ada")
        again = await poll(visit, offered["device_code"])
        assert (again.status, again.json["error"]) == (400, "invalid_grant")


async def test_nobody_can_take_the_id_of_the_command_line(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        reply = await visit.call.post("/api/v1/clients", {"id": "runbell-cli", "scopes": ["jobs:read"]})
        assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "/id")


async def test_a_device_gets_no_more_than_it_asked_for(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        offered = await begun(visit, scope="jobs:read users:admin")
        page = await visit.anonymous().get(f"/device?user_code={offered['user_code']}")
        assert b"jobs:read, users:admin" in page.body
        await decide(visit, offered["user_code"], "Ada")
        assert (await poll(visit, offered["device_code"])).json["scope"] == "jobs:read"


async def test_who_polls_too_fast_has_to_slow_down(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        code, clock = (await begun(visit))["device_code"], visit.house.clock
        found = []
        for wait_ms in (0, 1_000, 6_000, 16_000):
            clock.at += wait_ms
            found.append((await poll(visit, code)).json["error"])
        assert found == ["authorization_pending", "slow_down", "slow_down", "authorization_pending"]
        assert await visit.ports.denials.flush(visit.ports.store, clock.at) == 0


async def test_denied_expired_and_unknown_are_told_apart(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        denied, late = await begun(visit), await begun(visit)
        assert (await decide(visit, denied["user_code"], "Ada", decision="deny")).status == 200
        assert (await poll(visit, denied["device_code"])).json["error"] == "access_denied"
        visit.house.clock.at += 600_000
        assert (await poll(visit, late["device_code"])).json["error"] == "expired_token"
        assert (await decide(visit, late["user_code"], "Ada")).status == 400
        assert (await poll(visit, "x")).json["error"] == "invalid_grant"


async def test_another_client_cannot_redeem_a_sign_in(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        await a_client(visit)
        offered = await begun(visit)
        await decide(visit, offered["user_code"], "Ada")
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": offered["device_code"]}
        reply = await post(visit.anonymous(), "/oauth/token", form, authorization=basic())
        assert (reply.status, reply.json["error"]) == (400, "invalid_grant")


async def test_a_poll_does_not_undo_what_was_decided_meanwhile(tmp_path: Path) -> None:
    from msgspec.structs import replace

    from runbell.ports.identity_table import PutDevice

    async with a_visit(tmp_path, serving=False) as visit:
        user = await a_person(visit)
        offered, store = await begun(visit), visit.ports.store
        before = await store.device(digest(offered["device_code"]))
        assert before is not None
        await decide(visit, offered["user_code"], "Ada")
        assert not await store.put_device(PutDevice(device=replace(before, polled_at=1), step="poll"))
        assert not await store.put_device(PutDevice(device=replace(before, denied=True), step="decide"))
        after = await store.device(digest(offered["device_code"]))
        assert after is not None
        assert (after.user, after.denied) == (user.id, False)
        assert await store.put_device(PutDevice(device=after, step="redeem"))
        assert not await store.put_device(PutDevice(device=after, step="redeem"))


async def test_the_page_has_no_script_and_is_for_nobodys_frame(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        for path in ("/device", "/device?user_code=%22%3E%3Cscript%3Ealert(1)%3C/script%3E"):
            reply = await visit.anonymous().get(path)
            assert reply.headers["content-type"] == "text/html; charset=utf-8"
            policy = reply.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'")
            assert "frame-ancestors 'none'" in policy
            assert reply.headers["x-content-type-options"] == "nosniff"
            assert b"<script" not in reply.body


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"sec_fetch_site": "same-origin"}, 200), ({"origin": "http://localhost"}, 200),
     ({}, 403), ({"sec_fetch_site": "cross-site"}, 403), ({"sec_fetch_site": "same-site"}, 403),
     ({"sec_fetch_site": "none"}, 403), ({"origin": "https://evil.test"}, 403), ({"origin": "null"}, 403),
     ({"sec_fetch_site": "cross-site", "origin": "http://localhost"}, 403)],
)  # fmt: skip
async def test_only_its_own_page_sends_the_decision(tmp_path: Path, headers: dict[str, str], status: int) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        code = (await begun(visit))["user_code"]
        form = {"user_code": code, "username": "Ada", "password": PASSWORD, "decision": "allow"}
        assert (await post(visit.anonymous(), "/device", form, **headers)).status == status


async def test_a_wrong_password_an_unknown_name_and_a_service_account_are_the_same_answer(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        await a_person(visit, "robot", kind="service")
        await a_person(visit, "gone", disabled_at=1)
        code = (await begun(visit))["user_code"]
        tries = [("Ada", "wrong"), ("nobody", PASSWORD), ("robot", PASSWORD), ("gone", PASSWORD)]
        answers = {(await decide(visit, code, name, password)).body for name, password in tries}
        assert len(answers) == 1
        assert (await poll(visit, (await begun(visit))["device_code"])).json["error"] == "authorization_pending"


async def test_passwords_are_not_even_looked_at_after_too_many_wrong_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        code, looked = (await begun(visit))["user_code"], list[str]()
        fits = visit.ports.passwords.fits

        async def counted(text: str, kept: str | None) -> bool:
            looked.append(text)
            return await fits(text, kept)

        monkeypatch.setattr(visit.ports.passwords, "fits", counted)
        found = [(await decide(visit, code, "Ada", f"wrong{turn}")).status for turn in range(8)]
        assert found == [400] * 5 + [429] * 3
        assert len(looked) == 5


async def test_codes_cannot_be_guessed_quickly(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        found = [(await visit.anonymous().get("/device?user_code=BBBB-BBBB")).status for _ in range(7)]
        assert found == [400] * 5 + [429] * 2


async def test_a_refresh_token_is_good_once_and_for_a_minute_if_the_answer_was_lost(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        first = (await a_sign_in(visit))["refresh_token"]
        second = await renew(visit, first)
        assert second.status == 200
        assert second.json["refresh_token"] != first
        visit.house.clock.at += 59_000
        assert (await renew(visit, first)).status == 200
        assert (await renew(visit, second.json["refresh_token"], scope="jobs:read")).json["scope"] == "jobs:read"


async def test_a_refresh_token_used_again_later_ends_the_whole_session(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        first = (await a_sign_in(visit))["refresh_token"]
        pair = (await renew(visit, first)).json
        visit.house.clock.at += 61_000
        stolen = await renew(visit, first)
        assert (stolen.status, stolen.json["error"]) == (400, "invalid_grant")
        assert (await renew(visit, pair["refresh_token"])).json["error"] == "invalid_grant"
        holder = CheckedCaller(visit.door.app, pair["access_token"], visit.call.documented)
        assert (await holder.get("/api/v1/jobs")).status == 401


async def test_a_refresh_token_never_grows_and_is_no_access_token(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        await a_client(visit)
        offered = await begun(visit, scope="jobs:read")
        await decide(visit, offered["user_code"], "Ada")
        token = (await poll(visit, offered["device_code"])).json["refresh_token"]
        wider = await renew(visit, token, scope="jobs:read executions:run")
        assert wider.json["scope"] == "jobs:read"
        form = {"grant_type": "refresh_token", "refresh_token": wider.json["refresh_token"]}
        other = await post(visit.anonymous(), "/oauth/token", form, authorization=basic())
        assert other.json["error"] == "invalid_grant"
        holder = CheckedCaller(visit.door.app, wider.json["refresh_token"], visit.call.documented)
        assert (await holder.get("/api/v1/jobs")).status == 401
        assert (await renew(visit, wider.json["access_token"])).json["error"] == "invalid_grant"


async def test_revoking_ends_a_token_or_a_session_and_says_nothing_about_others(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        await a_client(visit)
        await a_client(visit, "other")
        store, pair, mine = visit.ports.store, await a_sign_in(visit), await a_token(visit)
        for token, headers, fields, left in [
            ("unknown", {"authorization": basic()}, {}, True),
            (mine, {"authorization": basic("other")}, {"token_type_hint": "refresh_token"}, True),
            (mine, {"authorization": basic()}, {"token_type_hint": "refresh_token"}, False),
            (mine, {"authorization": basic()}, {}, False),
        ]:
            reply = await post(visit.anonymous(), "/oauth/revoke", {"token": token, **fields}, **headers)
            assert (reply.status, reply.body) == (200, b"")
            assert (await store.token(digest(mine)) is not None) == left
        await post(visit.anonymous(), "/oauth/revoke", CLI | {"token": pair["refresh_token"]})
        assert await store.token(digest(pair["access_token"])) is None
        bad = await post(visit.anonymous(), "/oauth/revoke", {"token": mine}, authorization=basic(secret="x"))
        assert (bad.status, bad.json["error"]) == (401, "invalid_client")
        none = await post(visit.anonymous(), "/oauth/revoke", {}, authorization=basic())
        assert (none.status, none.json["error"]) == (400, "invalid_request")


async def test_introspection_tells_a_client_of_its_own_tokens_only(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_client(visit)
        await a_client(visit, "other")
        token = await a_token(visit, scope="jobs:read")

        async def look(text: str, client: str = "etl") -> dict[str, object]:
            reply = await post(visit.anonymous(), "/oauth/introspect", {"token": text}, authorization=basic(client))
            assert reply.status == 200, reply
            return dict(reply.json)

        found = await look(token)
        assert (found["active"], found["scope"], found["client_id"], found["sub"]) == (True, "jobs:read", "etl", "etl")
        assert found["exp"] == visit.house.clock.at // 1_000 + 3_600
        for text, client in ((token, "other"), ("x", "etl"), (visit.call.key or "", "etl"), (SECRET, "etl")):
            assert await look(text, client) == {"active": False}
        visit.house.clock.at += 3_600_000
        assert await look(token) == {"active": False}
        public = await post(visit.anonymous(), "/oauth/introspect", CLI | {"token": token})
        assert (public.status, public.json["error"]) == (401, "invalid_client")
