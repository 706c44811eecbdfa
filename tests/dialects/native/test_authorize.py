"""The authorization endpoint sends nobody astray, asks a person, and says to the client what the standard says."""

from pathlib import Path
from urllib.parse import urlencode

import pytest

from runbell.ports.audit_table import AuditQuery

from .asking_people import AUTHORIZE, BACK, CHALLENGE, a_public_client, asking, decided, seen, told
from .oauth_visit import PASSWORD, a_person, post
from .visit import Visit, a_visit

pytestmark = pytest.mark.anyio
CLI = {"client_id": "runbell-cli", "redirect_uri": "http://127.0.0.1:53111/callback"}


async def test_the_page_says_who_asks_for_what_and_keeps_what_was_asked(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        body = {"id": "web", "name": "<Web & co>", "scopes": ["jobs:read", "jobs:write"], "redirect_uris": [BACK]}
        assert (await visit.call.post("/api/v1/clients", body)).status == 201
        page = await seen(visit, scope="jobs:read users:admin", state='"><script>')
        assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        text = page.body.decode()
        assert "&lt;Web &amp; co&gt; (web)" in text
        assert "<li>in the project default: jobs:read</li>" in text
        assert "on to app.example" in text
        assert 'name="state" value="&quot;&gt;&lt;script&gt;"' in text
        assert f'name="code_challenge" value="{CHALLENGE}"' in text
        assert "<script" not in text


async def test_the_page_is_for_nobodys_frame_and_its_form_leads_only_where_the_answer_goes(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_public_client(visit, redirect_uris=(BACK, "com.example.app:/back", "http://[::1]/x"))
        for fields, ends in (
            ({}, "form-action 'self' https:"), (CLI, "form-action 'self' https: http://127.0.0.1:53111"),
            ({"redirect_uri": "com.example.app:/back"}, "form-action 'self' https: com.example.app:"),
            ({"redirect_uri": "http://[::1]:1/x"}, "form-action 'self' https: http:"),
        ):  # fmt: skip
            page = await seen(visit, **fields)
            policy = page.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'")
            assert "frame-ancestors 'none'; base-uri 'none'" in policy
            assert policy.endswith(ends), policy
            assert (page.headers["x-content-type-options"], page.headers["cache-control"]) == ("nosniff", "no-store")
            assert page.headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(
    "fields",
    [
        {"client_id": None}, {"client_id": ""}, {"client_id": "nobody"}, {"client_id": "WEB"}, {"client_id": "asleep"},
        {"redirect_uri": None}, {"redirect_uri": ""}, {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": f"{BACK}/"}, {"redirect_uri": f"{BACK}/../evil"}, {"redirect_uri": f"{BACK}?x=1"},
        {"redirect_uri": f"{BACK}#x"}, {"redirect_uri": "https://APP.example/callback"},
        {"redirect_uri": "HTTPS://app.example/callback"}, {"redirect_uri": "https://app.example/Callback"},
        {"redirect_uri": "https://app.example:443/callback"}, {"redirect_uri": "http://app.example/callback"},
        {"redirect_uri": "https://app.example@evil.example/callback"}, {"redirect_uri": "//app.example/callback"},
        {"redirect_uri": "https://app.example/call%62ack"}, {"redirect_uri": f" {BACK}"}, {"redirect_uri": f"{BACK} "},
        {"redirect_uri": "https://app.example.evil.example/callback"}, {"redirect_uri": "javascript:alert(1)//"},
        {"redirect_uri": "https://app.example\\@evil.example/callback"}, {"redirect_uri": f"{BACK}\r\nx: y"},
        {**CLI, "redirect_uri": "http://127.0.0.1:53111/elsewhere"},
        {**CLI, "redirect_uri": "http://127.0.0.1.evil.example:80/callback"},
        {**CLI, "redirect_uri": "http://127.0.0.1:80@evil.example/callback"},
        {**CLI, "redirect_uri": "http://127.0.0.2:53111/callback"}, {**CLI, "redirect_uri": "http://127.0.0.1:/callback"},
        {**CLI, "redirect_uri": "https://127.0.0.1:53111/callback"}, {**CLI, "redirect_uri": "http://localhost/callback"},
        {**CLI, "redirect_uri": "http://127.0.0.1:65536/callback"}, {**CLI, "redirect_uri": "http://127.0.0.1:0/callback"},
        {**CLI, "redirect_uri": None},
    ],
)  # fmt: skip
async def test_nobody_is_sent_to_an_address_that_is_not_registered(
    tmp_path: Path, fields: dict[str, str | None]
) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        await a_public_client(visit, redirect_uris=(BACK, "https://other.example/"))
        await a_public_client(visit, "asleep", disabled_at=1)
        for reply in (await seen(visit, **fields), await decided(visit, **fields)):
            assert (reply.status, "location" in reply.headers) == (400, False)
            assert b"<form" not in reply.body


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"response_type": None}, "invalid_request"), ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": "CODE"}, "unsupported_response_type"), ({"response_mode": "fragment"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"), ({"code_challenge": CHALLENGE[:-1]}, "invalid_request"),
        ({"code_challenge": f"{CHALLENGE}="}, "invalid_request"), ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"), ({"code_challenge_method": "s256"}, "invalid_request"),
        ({"scope": 'a"b'}, "invalid_scope"), ({"scope": "users:admin"}, "invalid_scope"),
        ({"scope": "x"}, "invalid_scope"),
    ],
)  # fmt: skip
async def test_what_the_client_does_wrong_the_client_is_told(
    tmp_path: Path, fields: dict[str, str | None], error: str
) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        await a_public_client(visit)
        for reply in (await seen(visit, **fields), await decided(visit, **fields)):
            said = told(reply)
            assert (said["to"], said["error"], said["state"]) == (BACK, error, "a state & more")
            assert said["iss"] == "http://localhost"
            assert said["error_description"]
            assert "code" not in said


async def test_a_state_beyond_ascii_or_twice_does_not_come_back(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_public_client(visit)
        odd = told(await seen(visit, state="ü"))
        assert (odd["error"], "state" in odd) == ("invalid_request", False)
        twice = await visit.anonymous().get(f"{AUTHORIZE}?{urlencode(asking())}&state=other")
        assert ("state" in told(twice), told(twice)["error"]) == (False, "invalid_request")


async def test_a_field_that_comes_twice_is_refused_and_one_that_nobody_knows_is_not(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_public_client(visit)
        query = urlencode(asking())
        for more in ("scope=a&scope=b", "code_challenge=x", "response_type=code"):
            assert told(await visit.anonymous().get(f"{AUTHORIZE}?{query}&{more}"))["error"] == "invalid_request"
        for more in ("client_id=web", "redirect_uri=https%3A%2F%2Fevil.example"):
            reply = await visit.anonymous().get(f"{AUTHORIZE}?{query}&{more}")
            assert (reply.status, "location" in reply.headers) == (400, False)
        unknown = await visit.anonymous().get(f"{AUTHORIZE}?{query}&prompt=login&resource=a&resource=b&access_token=x")
        assert unknown.status == 200


async def test_allowing_sends_a_code_the_state_and_the_issuer_back(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        await a_public_client(visit, redirect_uris=(f"{BACK}?kept=1",))
        said = told(await decided(visit, redirect_uri=f"{BACK}?kept=1"))
        assert said.keys() == {"to", "kept", "code", "state", "iss"}
        assert (said["to"], said["kept"], said["state"], said["iss"]) == (
            BACK,
            "1",
            "a state & more",
            "http://localhost",
        )
        stateless = told(await decided(visit, redirect_uri=f"{BACK}?kept=1", state=None))
        assert stateless.keys() == {"to", "kept", "code", "iss"}


async def test_an_address_may_be_left_out_only_when_there_is_one(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        await a_public_client(visit)
        await a_public_client(visit, "desk", redirect_uris=("http://127.0.0.1/back",))
        assert told(await decided(visit, redirect_uri=None))["to"] == BACK
        assert (await seen(visit, client_id="desk", redirect_uri=None)).status == 400


async def test_denying_needs_no_password_and_is_kept_in_the_audit_log(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_public_client(visit)
        said = told(await decided(visit, "", "", decision="deny"))
        assert (said["error"], said["state"], said["iss"]) == ("access_denied", "a state & more", "http://localhost")
        assert [entry for entry in await audited(visit) if "authorize" in entry[0]] == [
            ("authorize.deny", "denied", "anonymous", "client:web")
        ]


async def test_a_wrong_password_shows_the_form_again_and_is_kept_and_an_allowance_too(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        await a_person(visit, "robot", kind="service")
        await a_person(visit, "guest", role="guest")
        await a_public_client(visit)
        wrong = [await decided(visit, "Ada", "x"), await decided(visit, "nobody"), await decided(visit, "robot")]
        assert {reply.status for reply in wrong} == {400}
        assert len({reply.body for reply in wrong}) == 1
        assert b"The name or the password is wrong." in wrong[0].body
        assert b"<form" in wrong[0].body
        assert PASSWORD.encode() not in wrong[1].body
        looking = await decided(visit, "guest")
        assert (looking.status, b"may not use the API" in looking.body) == (400, True)
        assert told(await decided(visit))["code"]
        found = [entry for entry in await audited(visit) if entry[0] == "authorize.allow"]
        assert sorted(found) == [
            ("authorize.allow", "denied", "user:Ada", ""), ("authorize.allow", "denied", "user:nobody", ""),
            ("authorize.allow", "denied", "user:robot", ""), ("authorize.allow", "done", "user:Ada", "client:web"),
        ]  # fmt: skip


async def test_passwords_are_guessed_slowly_here_too(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        await a_public_client(visit)
        found = [await decided(visit, "Ada", f"wrong{turn}") for turn in range(7)]
        assert [reply.status for reply in found] == [400] * 5 + [429] * 2
        assert found[-1].headers["retry-after"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"sec_fetch_site": "same-origin"}, 303), ({"origin": "http://localhost"}, 303), ({}, 403),
     ({"sec_fetch_site": "cross-site"}, 403), ({"sec_fetch_site": "none"}, 403), ({"origin": BACK}, 403),
     ({"origin": "null"}, 403)],
)  # fmt: skip
async def test_only_its_own_page_sends_the_decision(tmp_path: Path, headers: dict[str, str], status: int) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        await a_public_client(visit)
        form = asking() | {"username": "Ada", "password": PASSWORD, "decision": "allow"}
        assert (await post(visit.anonymous(), AUTHORIZE, form, **headers)).status == status


async def test_a_person_without_any_of_the_rights_is_sent_back_denied(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit, role="viewer")
        await a_public_client(visit, grants={"default": ("executions:run", "jobs:read")})
        assert told(await decided(visit, scope="executions:run"))["error"] == "access_denied"
        assert told(await decided(visit, scope="jobs:read"))["code"]


async def audited(visit: Visit) -> list[tuple[str, str, str, str]]:
    """Action, outcome, actor and object of every line, refusals among them."""
    await visit.ports.denials.flush(visit.ports.store, visit.house.clock.at)
    lines = (await visit.ports.store.audit(AuditQuery(project=None))).items
    return [(one.entry.action, one.entry.outcome, one.entry.actor, one.entry.object) for one in lines]
