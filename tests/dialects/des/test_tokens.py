"""Tokens of DES: who gets one, what it opens, how it is renewed."""

from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.dialects.visiting import FORM, SECRET, basic
from tests.http.calling import Caller

from .calling import HOST, JOB, Des, a_client, an_account, code

pytestmark = pytest.mark.anyio


async def test_a_person_gets_no_token_with_a_password(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        await an_account(des.visit, "ada@example.test", kind="person", id="9c1e0f6a-52b9-4d0f-8a6b-e01f33d2a9c4")
        reply = await des.sign_in(username="ada@example.test")
        assert (reply.status, reply.json["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"password": "wrong"}, 400, "invalid_grant"),
        ({"username": "nobody"}, 400, "invalid_grant"),
        ({"org_id": "CAFE02"}, 400, "invalid_grant"),
        ({"scope": "offline_access"}, 400, "invalid_scope"),
        ({"scope": ""}, 400, "invalid_scope"),
        ({"org_id": ""}, 400, "invalid_request"),
        ({"username": ""}, 400, "invalid_request"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "implicit"}, 400, "unsupported_grant_type"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
    ],
)
async def test_whoever_gets_no_token_is_told_why(
    tmp_path: Path, changed: dict[str, str], status: int, error: str
) -> None:
    async with a_client(tmp_path, serving=False) as des:
        reply = await des.sign_in(**changed)
        assert (reply.status, reply.json["error"], set(reply.json)) == (status, error, {"error", "error_description"})
        assert reply.headers["cache-control"] == "no-store"


async def test_the_organisation_is_compared_without_regard_to_letter_case(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        assert (await des.sign_in(org_id="cafe01")).json["org_id"] == "CAFE01"


async def test_a_refresh_token_only_for_those_who_ask_for_it(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        assert "refresh_token" not in (await des.sign_in(scope="des")).json
        first = (await des.sign_in()).json
        again = await renew(des, first["refresh_token"])
        assert again.json["refresh_token"] != first["refresh_token"]
        assert (again.json["org_id"], again.json["svc"]) == ("CAFE01", f"http://{HOST}/")
        assert (await des.post("queryjobs", authorization=f"Bearer {again.json['access_token']}")).status == 200
        des.visit.house.clock.at += 59_000
        assert (await renew(des, first["refresh_token"])).status == 200  # the answer may have been lost
        des.visit.house.clock.at += 2_000
        late = await renew(des, first["refresh_token"])
        assert (late.status, late.json["error"]) == (400, "invalid_grant")


async def renew(des: Des, token: str):  # type: ignore[no-untyped-def]
    """Ask for a new pair."""
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "etl", "client_secret": SECRET}
    headers = {"content_type": FORM, "host": HOST}  # with a slash at the end, which the document has not
    pieces = [urlencode(form).encode()]
    return await Caller(des.caller.app).call("POST", "/authorisation/token/", pieces=pieces, headers=headers)


async def test_a_client_that_acts_for_a_service_account_needs_no_password(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        form = {"grant_type": "client_credentials", "scope": "des"}
        reply = await des.visit.form("/authorisation/token", form, host=HOST, authorization=basic())
        assert reply.status == 200, reply
        run = await Des(des.visit, des.caller, reply.json["access_token"]).post("queryjobs")
        assert run.status == 200
        await des.visit.client("alone")
        refused = await des.visit.form("/authorisation/token", form, host=HOST, authorization=basic("alone"))
        assert (refused.status, refused.json["error"]) == (400, "unauthorized_client")


async def test_a_token_is_good_for_eight_hours_and_not_longer(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        des.visit.house.clock.at += 28_799_000
        assert (await des.post("queryjobs")).status == 200
        des.visit.house.clock.at += 1_000
        other = Des(des.visit, des.visit.with_key(None), des.token)
        forgetting = des.visit.opened.app._admission._known  # type: ignore[attr-defined]  # what was let in a second ago
        forgetting.clear()
        assert code(await other.post("queryjobs")) == (401, "Unauthorized")


async def test_a_token_opens_only_the_service_that_it_names(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        assert code(await des.post("queryjobs", host="other.example.test")) == (401, "Unauthorized")
        headers = {"host": HOST, "authorization": f"Bearer {des.token}"}
        under = await Caller(des.caller.app).call("POST", "/des/api/v1/queryjobs", headers=headers)
        assert code(under) == (401, "Unauthorized")
    async with a_client(tmp_path / "b", serving=False, check_svc="false") as des:
        assert (await des.post("queryjobs", host="other.example.test")).status == 200


async def test_keys_open_nothing_here(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        key = await des.visit.key()
        assert code(await des.post("startjob", {"jobId": JOB}, authorization=f"Bearer {key}")) == (401, "Unauthorized")


async def test_whoever_guesses_too_often_must_wait(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        replies = [await des.sign_in(password=f"guess {n}") for n in range(12)]
        assert (replies[-1].status, replies[-1].json["error"]) == (429, "temporarily_unavailable")
        assert int(replies[-1].headers["retry-after"]) > 0
