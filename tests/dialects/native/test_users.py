"""Users over the API: roles, passwords that are never shown, and an end that takes everything along."""

from pathlib import Path
from typing import Any

import pytest

from runbell.http import credentials
from runbell.ports.audit_table import AuditQuery
from tests.http.calling import Reply

from .visit import CheckedCaller, Visit, a_visit

pytestmark = pytest.mark.anyio
API = "/api/v1"
ANNA = f"{API}/users/anna"


async def key_of(visit: Visit, name: str, **body: Any) -> CheckedCaller:
    """A caller with a key of that user."""
    made = await visit.call.post(f"{API}/keys", {"name": f"of-{name}", "user": name, **body})
    assert made.status == 201, made
    return CheckedCaller(visit.door.app, made.json["key"], visit.call.documented)


async def later(visit: Visit, caller: CheckedCaller, monkeypatch: pytest.MonkeyPatch) -> Reply:
    """What that caller hears a second later."""
    at = credentials.monotonic() + credentials.REMEMBERED_S
    monkeypatch.setattr(credentials, "monotonic", lambda: at)
    return await caller.get(f"{API}/whoami")


async def test_a_user_is_made_changed_and_deleted(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        made = await visit.call.put(ANNA, {"title": "Anna", "roles": {"default": "operator", "*": "viewer"}})
        assert (made.status, made.headers["location"]) == (201, ANNA)
        assert (made.json["has_password"], made.json["disabled"], made.json["kind"]) == (False, False, "person")
        assert (await visit.call.get(f"{API}/users/ANNA")).json["name"] == "anna"
        patched = await visit.call.send("PATCH", ANNA, {"roles": {"*": None}}, if_match='"1"')
        assert (patched.status, patched.json["roles"]) == (200, {"default": "operator"})
        assert (await visit.call.send("PATCH", ANNA, {"title": "x"})).code == "precondition_required"
        assert (await visit.call.send("PATCH", ANNA, {"title": "x"}, if_match='"1"')).code == "revision_mismatch"
        assert [one["name"] for one in (await visit.call.get(f"{API}/users")).json["items"]] == ["anna"]
        assert (await visit.call.delete(ANNA)).status == 204
        assert (await visit.call.get(ANNA)).code == (await visit.call.delete(ANNA)).code == "not_found"


async def test_a_password_is_kept_as_argon2id_and_shown_nowhere(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        password = "four words in a row"
        answers = [await visit.call.put(ANNA, {"password": password, "roles": {"default": "viewer"}})]
        answers.append(await visit.call.send("PATCH", ANNA, {"title": "A"}, if_match='"1"'))
        answers += [await visit.call.get(ANNA), await visit.call.get(f"{API}/users")]
        kept = await visit.ports.store.user_by_name("anna")
        assert kept is not None
        assert kept.password is not None
        assert kept.password.startswith("$argon2id$")
        assert await visit.ports.passwords.fits(password, kept.password)
        for answer in answers:
            assert password not in answer.body.decode()
            assert "argon2" not in answer.body.decode()
        lines = (await visit.ports.store.audit(AuditQuery(project=None))).items
        assert [line.entry.action for line in lines if line.entry.object == "anna"] == ["users.put", "users.put"]
        assert "four words" not in repr(lines)
        assert "argon2" not in repr(lines)
        assert (await visit.call.send("PATCH", ANNA, {"password": None}, if_match='"2"')).json["has_password"] is False


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"password": "short"}, "/password"), ({"kind": "service", "password": "short"}, "/password"),
        ({"roles": {"default": "king"}}, "/roles/..."), ({"roles": {"nowhere": "viewer"}}, ""),
        ({"is_admin": True}, "/is_admin"), ({"revision": 7}, "/revision"), ({"id": "x"}, "/id"),
        ({"last_used_at": None}, "/last_used_at"), ({"disabled": 1}, "/disabled"),
    ],
)  # fmt: skip
async def test_what_a_user_cannot_be_is_refused(tmp_path: Path, body: dict[str, Any], pointer: str) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        refused = await visit.call.put(ANNA, body)
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, pointer), refused
        assert (await visit.call.get(ANNA)).status == 404


async def test_a_service_account_may_have_a_password_and_whoever_changes_kind_loses_it(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        password = {"password": "four words in a row"}
        assert (await visit.call.put(ANNA, {"kind": "service"} | password)).json["has_password"] is True
        assert (await visit.call.put(ANNA, {"kind": "service"})).json["has_password"] is True
        assert (await visit.call.put(ANNA, {"kind": "person"})).json["has_password"] is False
        assert (await visit.call.put(ANNA, password)).json["has_password"] is True
        assert (await visit.call.put(ANNA, {"kind": "service"})).json["has_password"] is False


async def test_nobody_makes_or_changes_somebody_who_may_more_than_he_does(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.call.put(f"{API}/users/boss", {"roles": {"*": "admin"}})
        clerk = await visit.caller("users:admin", "jobs:read", everywhere=True, name="clerk")
        for body in ({"roles": {"default": "viewer"}}, {"roles": {"*": "admin"}}, {"roles": {"*": "guest"}}):
            refused = await clerk.put(ANNA, body)
            assert (refused.status, refused.code) == (403, "insufficient_scope")
            assert "you do not hold " in refused.json["detail"]
        assert (await clerk.put(ANNA, {})).status == 201
        for body in ({"password": "four words in a row"}, {"roles": {}}, {"disabled": True}):
            assert (await clerk.put(f"{API}/users/boss", body)).status == 403
        assert (await visit.caller("users:admin", name="one project")).key
        local = await visit.caller("users:admin", name="local")
        assert (await local.get(f"{API}/users")).status == 403


async def test_who_is_disabled_or_deleted_is_out_within_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.call.put(ANNA, {"roles": {"default": "viewer"}})
        anna = await key_of(visit, "anna")
        who = (await anna.get(f"{API}/whoami")).json
        assert (who["client"], who["user"], who["project"], who["projects"]) == (
            "key:of-anna",
            "anna",
            "default",
            ["default"],
        )
        await visit.call.send("PATCH", ANNA, {"disabled": True}, if_match="*")
        assert (await later(visit, anna, monkeypatch)).code == "invalid_token"
        await visit.call.send("PATCH", ANNA, {"disabled": False}, if_match="*")
        assert (await later(visit, anna, monkeypatch)).status == 200
        await visit.call.put(ANNA, {"roles": {"default": "guest"}})
        assert (await later(visit, anna, monkeypatch)).code == "invalid_token"
        await visit.call.delete(ANNA)
        await visit.call.put(ANNA, {"roles": {"*": "admin"}})
        assert (await later(visit, anna, monkeypatch)).code == "invalid_token"
        assert (await visit.call.get(f"{API}/keys")).json["items"] == [
            item for item in (await visit.call.get(f"{API}/keys")).json["items"] if item["user"] is None
        ]


async def test_a_key_for_somebody_without_a_role_for_the_api_is_refused(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.call.put(f"{API}/users/guest", {"roles": {"default": "guest"}})
        await visit.call.put(f"{API}/users/off", {"roles": {"default": "viewer"}, "disabled": True})
        for name in ("guest", "off", "nobody"):
            for path, body in ((f"{API}/keys", {"name": "k", "user": name}), (f"{API}/clients", {"user": name})):
                refused = await visit.call.post(path, body)
                assert (refused.status, refused.json["errors"][0]["code"]) == (422, "unknown_user")
