"""Keys: whatever the scheme, and one for a user's password that stays the same."""

import re
from pathlib import Path
from typing import Any

import pytest

from runbell.domain.faults import InvalidToken
from runbell.domain.principals import User
from runbell.operations.identify import identify
from runbell.ports.audit_table import AuditQuery
from runbell.ports.identity_table import PutUser, Remove
from tests.dialects.adverity.visit import AdverityVisit, a_visit

pytestmark = pytest.mark.anyio
PATH = "/api/auth/token/"
WRONG = "Unable to log in with provided credentials."


async def a_user(at: AdverityVisit, name: str = "Ann", password: str = "a long: pässword", **more: Any) -> None:
    user = User(
        id=f"id-{name}", name=name, password=await at.visit.ports.passwords.hash(password),
        created_at=at.visit.house.clock.at, **({"roles": {"default": "operator"}} | more),
    )  # fmt: skip
    await at.visit.ports.store.put_user(PutUser(user=user))


async def token(at: AdverityVisit, name: str = "Ann") -> str:
    fields = {"username": name, "password": "a long: pässword"}
    reply = await at.visit.form(PATH, fields)
    assert reply.status == 200, reply
    assert set(reply.json) == {"username", "token", "expires_in"}
    assert reply.json["expires_in"] is None
    found: str = reply.json["token"]
    return found


async def test_a_password_is_exchanged_for_a_key_that_stays_the_same_until_it_is_revoked(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await a_user(at)
        await at.defined("a")
        first = await token(at)
        assert await token(at) == first
        as_json = await at.call.post(PATH, {"username": "ANN", "password": "a long: pässword"})
        assert as_json.json == {"username": "Ann", "token": first, "expires_in": None}
        assert as_json.headers["cache-control"] == "no-store"
        holder = at.visit.with_key(None)
        for scheme in ("Token", "Bearer", "TOKEN"):
            assert (await holder.get("/api/jobs/", authorization=f"{scheme} {first}")).status == 200
        reply = await holder.post(
            "/api/datastreams/7/fetch_fixed/", {"start": "2031-01-01", "end": "2031-01-02"},
            authorization=f"Token {first}",
        )  # fmt: skip
        assert reply.status == 200
        (key,) = await at.visit.ports.store.keys_of("id-Ann")
        assert (key.surfaces, key.expires_at, key.grants) == (("adverity",), None, None)
        at.visit.house.clock.at += 10 * 365 * 86_400_000
        assert await token(at) == first
        await at.visit.ports.store.remove(Remove(kind="key", name=key.id))
        second = await token(at)
        assert second != first
        assert re.fullmatch("rb_key_[0-9a-f]{16}_[0-9a-f]{48}_[0-9a-f]{8}", second)
        with pytest.raises(InvalidToken):  # at the door it is trusted for up to a second more
            await identify(at.visit.ports, first, "adverity")


async def test_the_key_is_not_kept_and_its_making_is_in_the_audit_log(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await a_user(at)
        text = await token(at)
        page = await at.visit.ports.store.audit(AuditQuery(project=None))
        (line,) = [one.entry for one in page.items if one.entry.action == "keys.create"]
        assert (line.actor, line.detail) == ("user:Ann", {"name": "adverity of Ann", "for": "sign_in"})
    for file in tmp_path.rglob("*"):  # noqa: ASYNC240 - nothing else runs any more
        assert not file.is_file() or text.encode() not in file.read_bytes()


async def test_a_sign_in_goes_on_when_somebody_has_taken_the_name_of_its_key(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await a_user(at)
        await at.visit.key(name="adverity of Ann")
        assert await token(at) == await token(at)


@pytest.mark.parametrize(
    ("name", "password"), [("Ann", "wrong"), ("nobody", "a long: pässword"), ("gone", "a long: pässword"),
                           ("guest", "a long: pässword"), ("roleless", "a long: pässword")],
)  # fmt: skip
async def test_wrong_credentials_are_refused_and_it_is_not_said_why(tmp_path: Path, name: str, password: str) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await a_user(at)
        await a_user(at, "gone", disabled_at=1)
        await a_user(at, "guest", roles={"default": "guest"})
        await a_user(at, "roleless", roles={})
        reply = await at.call.post(PATH, {"username": name, "password": password})
        assert (reply.status, reply.json) == (
            400, {"detail": WRONG, "errors": {"non_field_errors": [WRONG]}, "non_field_errors": [WRONG]},
        )  # fmt: skip


async def test_both_fields_are_needed(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        for fields, missing in (({}, {"username", "password"}), ({"username": "Ann"}, {"password"}),
                                ({"username": 7, "password": ""}, {"username", "password"})):  # fmt: skip
            reply = await at.call.post(PATH, fields)
            assert reply.status == 400
            assert reply.json["errors"] == {name: ["This field is required."] for name in missing}


async def test_a_guesser_is_slowed_down(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await a_user(at)
        replies = [await at.call.post(PATH, {"username": "Ann", "password": "wrong"}) for _ in range(8)]
        assert replies[0].status == 400
        last = replies[-1]
        assert last.status == 429
        assert last.json["detail"].startswith("Request was throttled. Expected available in ")
        assert int(last.headers["retry-after"]) > 0


async def test_schemes_are_told_apart_where_the_administrator_says_so(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False, strict_scheme="true") as at:
        await a_user(at)
        of_password, made = await token(at), await at.visit.key(name="made")
        nobody = at.visit.with_key(None)
        for scheme, key, status in (("Token", of_password, 200), ("Bearer", of_password, 401), ("Bearer", made, 200),
                                    ("Token", made, 401), ("Token", "x", 401)):  # fmt: skip
            reply = await nobody.get("/api/jobs/", authorization=f"{scheme} {key}")
            assert reply.status == status, (scheme, status)
            assert status == 200 or reply.json == {"detail": "Invalid token."}
