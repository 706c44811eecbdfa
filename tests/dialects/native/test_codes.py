"""A code is good once, for a minute, for whoever asked for it; what it gave ends when it comes a second time."""

from pathlib import Path

import pytest

from runbell.operations.codes import challenge_of
from runbell.operations.identify import digest

from .asking_people import BACK, CHALLENGE, VERIFIER, a_code, a_public_client, asking, decided, redeemed, told
from .oauth_visit import PASSWORD, a_client, a_person, basic, decide, poll, post, renew
from .visit import CheckedCaller, Visit, a_visit

pytestmark = pytest.mark.anyio


def holding(visit: Visit, token: str) -> CheckedCaller:
    """Whoever has that token."""
    return CheckedCaller(visit.door.app, token, visit.call.documented)


def test_the_challenge_is_the_one_of_the_standard() -> None:
    assert challenge_of(VERIFIER) == CHALLENGE


async def test_a_code_and_its_verifier_give_a_pair_with_which_the_client_acts_as_the_person(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        await a_public_client(visit)
        await visit.defined("load")
        got = await redeemed(visit, await a_code(visit))
        assert (got.status, got.headers["cache-control"]) == (200, "no-store")
        assert got.json.keys() == {"access_token", "token_type", "expires_in", "scope", "refresh_token"}
        assert got.json["scope"] == "jobs:read executions:read executions:run:load"
        holder = holding(visit, got.json["access_token"])
        made = await holder.post("/api/v1/jobs/load/executions", {})
        assert (made.status, made.json["trigger"]["actor"]) == (202, "user:Ada")
        assert (await holder.get("/api/v1/executions/1/logs")).status == 403  # Ada may, the client may not
        second = await renew(visit, got.json["refresh_token"], client_id="web")
        assert second.status == 200
        assert second.json["refresh_token"] != got.json["refresh_token"]


@pytest.mark.parametrize(
    ("role", "asked", "granted"),
    [("operator", None, "jobs:read executions:read executions:run:load"), ("viewer", None, "jobs:read executions:read"),
     ("admin", "jobs:read users:admin", "jobs:read"), ("operator", "executions:run", "executions:run:load"),
     ("viewer", "jobs:read executions:run", "jobs:read")],
)  # fmt: skip
async def test_granted_is_what_is_asked_for_and_both_the_person_and_the_client_may(
    tmp_path: Path, role: str, asked: str | None, granted: str
) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit, role=role)
        await a_public_client(visit)
        assert (await redeemed(visit, await a_code(visit, scope=asked))).json["scope"] == granted


@pytest.mark.parametrize(
    ("fields", "error"),
    [({"code_verifier": VERIFIER[:-1] + "l"}, "invalid_grant"), ({"code_verifier": CHALLENGE}, "invalid_grant"),
     ({"code_verifier": VERIFIER.upper()}, "invalid_grant"), ({"code_verifier": VERIFIER[:42]}, "invalid_grant"),
     ({"redirect_uri": f"{BACK}/"}, "invalid_grant"), ({"redirect_uri": None}, "invalid_grant"),
     ({"client_id": "other"}, "invalid_grant"), ({"client_id": "runbell-cli"}, "invalid_grant")],
)  # fmt: skip
async def test_a_wrong_proof_gets_nothing_and_the_code_is_over(
    tmp_path: Path, fields: dict[str, str | None], error: str
) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        await a_public_client(visit)
        await a_public_client(visit, "other")
        code = await a_code(visit)
        refused = await redeemed(visit, code, **fields)
        assert (refused.status, refused.json["error"]) == (400, error)
        assert (await redeemed(visit, code)).json["error"] == "invalid_grant"


async def test_a_request_without_code_or_verifier_is_no_attempt(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        await a_public_client(visit)
        code = await a_code(visit)
        for fields in ({"code_verifier": None}, {"code_verifier": ""}, {"code": None}):
            refused = await redeemed(visit, **{"code": code} | fields)  # type: ignore[arg-type]
            assert (refused.status, refused.json["error"]) == (400, "invalid_request")
        assert (await redeemed(visit, code)).status == 200


async def test_a_code_lasts_a_minute(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        await a_public_client(visit)
        early, late = await a_code(visit), await a_code(visit)
        visit.house.clock.at += 59_999
        assert (await redeemed(visit, early)).status == 200
        visit.house.clock.at += 1
        assert (await redeemed(visit, late)).json["error"] == "invalid_grant"


async def test_a_code_that_comes_twice_ends_what_it_gave_however_late(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        await a_public_client(visit)
        code, other = await a_code(visit), await a_code(visit)
        first, kept = (await redeemed(visit, code)).json, (await redeemed(visit, other)).json
        visit.house.clock.at += 1_800_000
        pair = (await renew(visit, first["refresh_token"], client_id="web")).json
        again = await redeemed(visit, code, client_id="runbell-cli")
        assert (again.status, again.json["error"]) == (400, "invalid_grant")
        for token in (first["access_token"], pair["access_token"]):
            assert await visit.ports.store.token(digest(token)) is None
        assert (await renew(visit, pair["refresh_token"], client_id="web")).json["error"] == "invalid_grant"
        assert await visit.ports.store.token(digest(kept["access_token"])) is not None
        log = (await visit.call.get("/api/v1/audit?action=code.reuse")).json["items"]
        assert [(line["actor"], line["outcome"]) for line in log] == [("client:runbell-cli", "denied")]


async def test_a_confidential_client_needs_its_secret_for_a_code(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        await a_client(visit, "web", redirect_uris=(BACK,))
        code = await a_code(visit)
        assert (await redeemed(visit, code)).json["error"] == "invalid_client"
        wrong = await redeemed(visit, code, {"authorization": basic("web", "x")})
        assert wrong.json["error"] == "invalid_client"
        assert (await redeemed(visit, code, {"authorization": basic("web")})).status == 200


async def test_an_address_that_was_left_out_may_be_left_out_again_or_said_rightly(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        await a_public_client(visit)
        for said, status in ((None, 200), (BACK, 200), (f"{BACK}/", 400)):
            code = told(await decided(visit, redirect_uri=None))["code"]
            assert (await redeemed(visit, code, redirect_uri=said)).status == status


async def test_codes_are_not_kept_as_they_are_and_end_with_the_password(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        user = await a_person(visit)
        await a_public_client(visit)
        code = await a_code(visit)
        kept = await visit.ports.store.code(digest(code))
        assert kept is not None
        assert (kept.user, kept.client, kept.challenge) == (user.id, "web", CHALLENGE)
        assert code not in repr(kept)
        await visit.call.put("/api/v1/users/Ada", {"roles": {"default": "operator"}, "password": "another good one"})
        assert (await redeemed(visit, code)).json["error"] == "invalid_grant"


async def test_a_client_that_loses_rights_loses_them_for_people_as_well(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        await a_public_client(visit)
        pair = (await redeemed(visit, await a_code(visit))).json
        less = {"scopes": ["jobs:read"], "redirect_uris": [BACK]}
        assert (await visit.call.put("/api/v1/clients/web", less)).status == 200
        assert (await holding(visit, pair["access_token"]).get("/api/v1/executions")).status == 403
        assert (await holding(visit, pair["access_token"]).get("/api/v1/jobs")).status == 200
        assert (await renew(visit, pair["refresh_token"], client_id="web")).json["scope"] == "jobs:read"


async def test_a_device_too_gets_no_more_than_its_client_may(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_person(visit)
        await a_public_client(visit, grants={"default": ("jobs:read",)})
        begun = (await post(visit.anonymous(), "/oauth/device", {"client_id": "web"})).json
        await decide(visit, begun["user_code"], "Ada", PASSWORD)
        assert (await poll(visit, begun["device_code"], "web")).json["scope"] == "jobs:read"


async def test_a_client_of_another_project_is_at_home_there(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.call.put("/api/v1/projects/finance", {})
        await visit.call.put("/api/v1/users/Ada", {"roles": {"*": "admin"}, "password": PASSWORD})
        body = {"id": "web", "public": True, "scopes": ["jobs:read"], "redirect_uris": [BACK]}
        assert (await visit.call.post("/api/v1/clients?project=finance", body)).status == 201
        assert b"in the project finance: jobs:read" in (await visit.anonymous().get(seen_at())).body
        holder = holding(visit, (await redeemed(visit, await a_code(visit))).json["access_token"])
        who = (await holder.get("/api/v1/whoami")).json
        assert (who["project"], who["scopes"]) == ("finance", {"finance": ["jobs:read"]})
        assert (await holder.get("/api/v1/jobs")).status == 200


async def test_a_public_client_gets_nothing_for_itself(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await a_public_client(visit)
        own = {"grant_type": "client_credentials", "client_id": "web"}
        assert (await post(visit.anonymous(), "/oauth/token", own)).json["error"] == "unauthorized_client"
        secret = own | {"client_secret": "whatever it may be"}
        assert (await post(visit.anonymous(), "/oauth/token", secret)).json["error"] == "invalid_client"


def seen_at() -> str:
    """The address to which a client sends people."""
    from urllib.parse import urlencode

    return f"/oauth/authorize?{urlencode(asking())}"
