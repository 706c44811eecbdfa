"""The token endpoint speaks client_credentials exactly as RFC 6749 says, and a token opens what was granted."""

from base64 import b64encode, urlsafe_b64decode
from pathlib import Path
from typing import Any

import msgspec
import pytest

from runbell.http import credentials
from runbell.operations import client_login
from runbell.operations.identify import digest
from runbell.ports.audit_table import AuditQuery

from .oauth_visit import RIGHTS, SECRET, a_client, a_token, basic, post
from .visit import CheckedCaller, a_visit

pytestmark = pytest.mark.anyio
GRANT = {"grant_type": "client_credentials"}
IN_BODY = GRANT | {"client_id": "etl", "client_secret": SECRET}


def claims(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and payload, as a client that decodes its token reads them."""
    head, payload, _ = (urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split("."))
    return msgspec.json.decode(head), msgspec.json.decode(payload)


async def test_a_client_gets_a_token_by_basic_in_the_form_or_in_json(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_client(visit)
        stranger = visit.anonymous()
        for reply in (
            await post(stranger, "/oauth/token", GRANT, authorization=basic()),
            await post(stranger, "/oauth/token", GRANT | {"client_id": "etl"}, authorization=basic()),
            await post(stranger, "/oauth/token", IN_BODY),
            await stranger.post("/oauth/token", IN_BODY),
        ):
            assert reply.status == 200, reply
            assert (reply.headers["cache-control"], reply.headers["pragma"]) == ("no-store", "no-cache")
            assert reply.json.keys() == {"access_token", "token_type", "expires_in", "scope"}
            assert (reply.json["token_type"], reply.json["expires_in"]) == ("Bearer", 3600)
            assert reply.json["scope"] == "jobs:read executions:read executions:run:load"


async def test_the_token_says_what_rfc_9068_wants(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_client(visit)
        header, payload = claims(await a_token(visit, scope="jobs:read"))
        assert header["typ"] == "at+jwt"
        now = visit.house.clock.at // 1_000
        expected = {"iss": "http://localhost", "aud": "http://localhost", "sub": "etl", "client_id": "etl"}
        assert expected.items() <= payload.items()
        assert (payload["iat"], payload["exp"], payload["scope"]) == (now, now + 3600, "jobs:read")
        assert len({claims(await a_token(visit))[1]["jti"] for _ in range(3)}) == 3


@pytest.mark.parametrize(
    ("asked", "granted"),
    [("", "jobs:read executions:read executions:run:load"),
     ("jobs:read", "jobs:read"),
     ("executions:run", "executions:run:load"),
     ("executions:read:load jobs:read", "jobs:read executions:read:load"),
     ("jobs:read jobs:write", "jobs:read"),
     ("mail jobs:read", "jobs:read"),
     ("jobs:write", None), ("executions:run:other", None), ("mail", None), ("jobs:read\t", None), ('"', None)],
)  # fmt: skip
async def test_granted_is_what_is_asked_for_and_allowed(tmp_path: Path, asked: str, granted: str | None) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_client(visit)
        reply = await post(visit.anonymous(), "/oauth/token", GRANT | {"scope": asked}, authorization=basic())
        if granted is None:
            assert (reply.status, reply.json["error"]) == (400, "invalid_scope")
        else:
            assert (reply.status, reply.json["scope"]) == (200, granted)


REFUSED: list[tuple[Any, dict[str, str], int, str]] = [
    ({}, {}, 400, "invalid_request"),
    ({"grant_type": ""}, {"authorization": basic()}, 400, "invalid_request"),
    ({"grant_type": "password"}, {"authorization": basic()}, 400, "unsupported_grant_type"),
    ({"grant_type": "authorization_code"}, {"authorization": basic()}, 400, "invalid_request"),
    (GRANT, {}, 401, "invalid_client"),
    (GRANT | {"client_id": "etl"}, {}, 401, "invalid_client"),
    (GRANT | {"client_id": "runbell-cli"}, {}, 400, "unauthorized_client"),
    (GRANT | {"client_id": "etl", "client_secret": "wrong"}, {}, 401, "invalid_client"),
    (GRANT | {"client_id": "nobody", "client_secret": SECRET}, {}, 401, "invalid_client"),
    (IN_BODY, {"authorization": basic()}, 400, "invalid_request"),
    (GRANT | {"client_id": "other"}, {"authorization": basic()}, 400, "invalid_request"),
    (b"grant_type=client_credentials&grant_type=client_credentials", {"authorization": basic()}, 400,
     "invalid_request"),
    (b"grant_type=client_credentials&scope=a&scope=b", {"authorization": basic()}, 400, "invalid_request"),
    (b"grant_type=%ff", {"authorization": basic()}, 400, "invalid_request"),
    (b"grant_type=client_credentials%00", {"authorization": basic()}, 400, "invalid_request"),
    (b"{}", {"authorization": basic(), "content_type": "text/plain"}, 400, "invalid_request"),
    (b"[1]", {"authorization": basic(), "content_type": "application/json"}, 400, "invalid_request"),
    (b'{"grant_type":["client_credentials"]}', {"content_type": "application/json"}, 400, "invalid_request"),
    (b"x" * 70_000, {"authorization": basic()}, 413, "invalid_request"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "headers", "status", "error"), REFUSED)
async def test_refusals_are_the_exact_ones(
    tmp_path: Path, form: Any, headers: dict[str, str], status: int, error: str
) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_client(visit)
        reply = await post(visit.anonymous(), "/oauth/token", form, **headers)
        assert (reply.status, reply.json["error"]) == (status, error), reply
        assert reply.headers["content-type"] == "application/json"
        assert (reply.headers["cache-control"], reply.headers["pragma"]) == ("no-store", "no-cache")
        assert reply.json["error_description"]
        page = await visit.anonymous().get(reply.json["error_uri"].removeprefix("http://localhost"))
        assert page.status == 200


async def test_only_a_client_that_came_by_basic_is_challenged(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        stranger = visit.anonymous()
        for credentials_ in (basic("etl"), "Basic !!!", "Basic " + b64encode(b"nocolon").decode(), "Bearer x"):
            reply = await post(stranger, "/oauth/token", GRANT, authorization=credentials_)
            assert (reply.status, reply.json["error"]) == (401, "invalid_client")
            assert reply.headers["www-authenticate"] == 'Basic realm="runbell"'
        reply = await post(stranger, "/oauth/token", IN_BODY)
        assert (reply.status, "www-authenticate" in reply.headers) == (401, False)


async def test_an_unknown_client_and_a_wrong_secret_are_the_same_answer_and_the_same_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_client(visit)
        compared: list[int] = []
        compare = client_login.hmac.compare_digest
        monkeypatch.setattr(client_login.hmac, "compare_digest", lambda a, b: compared.append(1) or compare(a, b))
        answers, works = [], []
        for name in ("etl", "nobody"):
            reply = await post(visit.anonymous(), "/oauth/token", GRANT, authorization=basic(name, "wrong"))
            answers.append(reply.body)
            works.append(len(compared))
            compared.clear()
        assert answers[0] == answers[1]
        assert works == [2, 2]


async def test_a_token_opens_what_was_granted_and_nothing_else(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined("load")
        await visit.defined("other")
        await a_client(visit)
        holder = CheckedCaller(visit.door.app, await a_token(visit), visit.call.documented)
        made = await holder.post("/api/v1/jobs/load/executions", {})
        assert (made.status, made.json["trigger"]["actor"]) == (202, "client:etl")
        assert (await holder.post("/api/v1/jobs/other/executions", {})).status in {403, 404}
        refused = await holder.put("/api/v1/jobs/load", {"steps": []})
        assert (refused.status, refused.code) == (403, "insufficient_scope")
        assert 'scope="jobs:write"' in refused.headers["www-authenticate"]
        narrow = CheckedCaller(visit.door.app, await a_token(visit, scope="jobs:read"), visit.call.documented)
        assert (await narrow.get("/api/v1/jobs")).status == 200
        assert (await narrow.post("/api/v1/jobs/load/executions", {})).status == 403


async def test_a_token_ends_when_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_client(visit)
        holder = CheckedCaller(visit.door.app, await a_token(visit), visit.call.documented)
        assert (await holder.get("/api/v1/jobs")).status == 200
        visit.house.clock.at += 3_600_000
        later = credentials.monotonic() + 1
        monkeypatch.setattr(credentials, "monotonic", lambda: later)
        for _ in range(20):  # a program that was away is told so, however often: it is no guess
            reply = await holder.get("/api/v1/jobs")
            assert (reply.status, reply.code) == (401, "invalid_token")
            assert 'error_description="expired"' in reply.headers["www-authenticate"]
        visit.house.clock.at += 1
        await a_token(visit)
        assert await visit.ports.store.token(digest(holder.key or "")) is None
        assert 'error_description="expired"' in (await holder.get("/api/v1/jobs")).headers["www-authenticate"]


async def test_a_forged_or_altered_token_opens_nothing(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_client(visit)
        token = await a_token(visit)
        forged = await visit.ports.signer.sign(claims(token)[1] | {"scope": "jobs:write"})
        for text in (forged, token + "x", token[:-1], token.replace(".", "..", 1)):
            stranger = CheckedCaller(visit.door.app, text, visit.call.documented)
            visit.house.clock.at += 60_000
            assert (await stranger.get("/api/v1/jobs")).status == 401, text


async def test_a_token_is_taken_in_the_authorization_header_only(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_client(visit)
        token, stranger = await a_token(visit), visit.anonymous()
        as_user = "Basic " + b64encode(f"{token}:".encode()).decode()
        for headers in ({"x_api_key": token}, {"authorization": as_user}, {"cookie": f"access_token={token}"}):
            assert (await stranger.get("/api/v1/jobs", **headers)).status == 401, headers
        assert (await stranger.get(f"/api/v1/jobs?access_token={token}")).status == 401


async def test_a_token_of_another_door_is_not_good_here(tmp_path: Path) -> None:
    from runbell.operations.client_login import LoggedIn
    from runbell.operations.tokens import Terms, Whence, issue

    async with a_visit(tmp_path, serving=False) as visit:
        await a_client(visit)
        terms = Terms(
            issuer="http://localhost", surface="ocapi", lifetime_s=1_800, claims={"scope": "mail", "svc": "x"}
        )
        issued = await issue(visit.ports, "client:etl", LoggedIn("etl", "etl-1"), None, terms, Whence())
        assert claims(issued.access)[1]["svc"] == "x"
        stranger = CheckedCaller(visit.door.app, issued.access, visit.call.documented)
        assert (await stranger.get("/api/v1/jobs")).status == 401


async def test_what_is_kept_of_a_token_is_its_digest(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_client(visit)
        token = await a_token(visit)
        kept = b"".join(path.read_bytes() for path in tmp_path.glob("runbell.db*"))  # noqa: ASYNC240
        assert digest(token) in kept
        assert token.encode() not in kept
        assert token.split(".")[1].encode() not in kept


async def test_who_got_a_token_and_who_did_not_stands_in_the_audit_log(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_client(visit)
        await a_token(visit)
        await post(visit.anonymous(), "/oauth/token", GRANT, authorization=basic(secret="wrong"))
        await visit.ports.denials.flush(visit.ports.store, visit.house.clock.at)
        lines = [
            (line.entry.actor, line.entry.action, line.entry.outcome, line.entry.detail.get("error"))
            for line in reversed((await visit.ports.store.audit(AuditQuery(project=None))).items)
            if "token" in line.entry.action
        ]
        assert lines == [
            ("client:etl", "token.issue", "done", None),
            ("client:etl", "token", "denied", "invalid_client"),
        ]


async def test_a_client_that_guesses_is_slowed_down_and_its_owner_elsewhere_is_not(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_client(visit)
        for _ in range(5):
            await post(visit.anonymous(), "/oauth/token", GRANT, authorization=basic(secret="wrong"))
        slowed = await post(visit.anonymous(), "/oauth/token", GRANT, authorization=basic())
        assert (slowed.status, slowed.json["error"]) == (429, "temporarily_unavailable")
        assert slowed.headers["retry-after"] == "6"
        visit.ports.guesses.attempt("client:etl", "198.51.100.9", visit.house.clock.monotonic()).right()


async def test_unknown_tokens_are_slowed_down_and_a_good_one_is_let_in(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_client(visit)
        good = CheckedCaller(visit.door.app, await a_token(visit), visit.call.documented)
        guessing = CheckedCaller(visit.door.app, "rb_key_guess", visit.call.documented)
        found = [(await guessing.get("/api/v1/jobs")).status for _ in range(8)]
        assert found == [401] * 5 + [429] * 3
        assert (await good.get("/api/v1/jobs")).status == 200


async def test_a_token_loses_what_its_client_loses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from runbell.ports.identity_table import PutClient

    async with a_visit(tmp_path, serving=False) as visit:
        client = await a_client(visit)
        holder = CheckedCaller(visit.door.app, await a_token(visit), visit.call.documented)
        assert (await holder.get("/api/v1/jobs")).status == 200
        less = msgspec.structs.replace(client, grants={"default": ("executions:read",)})
        await visit.ports.store.put_client(PutClient(client=less))
        later = credentials.monotonic() + 1
        monkeypatch.setattr(credentials, "monotonic", lambda: later)
        assert (await holder.get("/api/v1/jobs")).status == 403
        assert less.grants != RIGHTS


async def test_the_metadata_leads_a_client_to_everything(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        stranger = visit.anonymous()
        resource = (await stranger.get("/.well-known/oauth-protected-resource", host="jobs.test:8")).json
        assert resource["resource"] == resource["authorization_servers"][0] == "http://jobs.test:8"
        server = (await stranger.get("/.well-known/oauth-authorization-server", host="jobs.test:8")).json
        assert server["issuer"] == "http://jobs.test:8"
        assert server["authorization_endpoint"] == "http://jobs.test:8/oauth/authorize"
        assert (server["response_types_supported"], server["response_modes_supported"]) == (["code"], ["query"])
        assert server["code_challenge_methods_supported"] == ["S256"]
        assert server["authorization_response_iss_parameter_supported"] is True
        paths = {route.path for route in visit.door.routes}
        for name, value in server.items():
            if name.endswith(("_endpoint", "jwks_uri")):
                assert value.removeprefix("http://jobs.test:8") in paths, name
        assert (await stranger.get("/oauth/jwks")).json == {"keys": []}
