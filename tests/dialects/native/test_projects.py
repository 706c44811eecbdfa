"""Projects over the API: who makes them, who sees them, and what is needed before one goes."""

from pathlib import Path

import pytest

from .visit import a_visit

pytestmark = pytest.mark.anyio
API = "/api/v1"


async def test_a_project_is_made_changed_and_deleted(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        path = f"{API}/projects/finance"
        body = {"title": "Finance", "ids": {"des": "ORG1", "infolink": 7, "adverity": 12}}
        made = await visit.call.put(path, body)
        assert (made.status, made.headers["location"], made.headers["etag"]) == (201, path, '"1"')
        assert (made.json["name"], made.json["title"], made.json["ids"]) == ("finance", "Finance", body["ids"])
        assert (await visit.call.get(path, if_none_match='"1"')).status == 304
        changed = await visit.call.put(path, {"title": "Money"}, if_match='"1"')
        assert (changed.status, changed.json["revision"], changed.json["ids"]) == (200, 2, {})
        assert (await visit.call.put(path, {}, if_match='"1"')).code == "revision_mismatch"
        assert [one["name"] for one in (await visit.call.get(f"{API}/projects")).json["items"]] == [
            "default",
            "finance",
        ]
        assert (await visit.call.delete(path, if_match='"1"')).code == "revision_mismatch"
        assert (await visit.call.delete(path)).status == 204
        assert (await visit.call.get(path)).status == 404
        assert (await visit.call.delete(path)).status == 404


async def test_a_foreign_id_belongs_to_one_project(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.call.put(f"{API}/projects/a", {"ids": {"des": "ORG1"}})
        refused = await visit.call.put(f"{API}/projects/b", {"ids": {"des": "ORG1"}})
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/ids/des")
        assert (await visit.call.put(f"{API}/projects/b", {"ids": {"infolink": "ORG1"}})).status == 201
        await visit.call.put(f"{API}/projects/a", {"ids": {}})
        assert (await visit.call.put(f"{API}/projects/b", {"ids": {"des": "ORG1"}})).status == 200


async def test_an_id_is_given_for_dialects_that_have_such_ids(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        for dialect in ("ocapi", "advertiy", "native", "a/b"):
            refused = await visit.call.put(f"{API}/projects/a", {"ids": {dialect: "ORG1"}})
            place = f"/ids/{dialect.replace('/', '~1')}"
            assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, place)
            assert "There are adverity, des, infolink." in refused.json["detail"]
            assert ("did you mean `adverity`?" in refused.json["detail"]) is (dialect == "advertiy")
        assert (await visit.call.get(f"{API}/projects/a")).status == 404


@pytest.mark.parametrize("name", ["-x", "a b", "a%2Fb", "*", "x" * 256, "%E2%82%AC"])
async def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        assert (await visit.call.put(f"{API}/projects/{name}", {})).status == 422


async def test_a_project_goes_only_when_nothing_is_left_in_it(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        path = f"{API}/projects/finance"
        await visit.call.put(path, {})
        key = (await visit.call.post(f"{API}/keys?project=finance", {"name": "k", "scopes": ["jobs:read"]})).json["id"]
        assert "has keys" in (await visit.call.delete(path)).json["detail"]
        await visit.call.delete(f"{API}/keys/{key}?project=finance")
        await visit.call.put(f"{API}/users/anna", {"roles": {"finance": "viewer"}})
        refused = await visit.call.delete(path)
        assert (refused.status, refused.code) == (409, "in_use")
        await visit.call.put(f"{API}/users/anna", {"roles": {}})
        await visit.call.put(f"{API}/secrets/pass?project=finance", {"value": "not for later owners"})
        assert "has secrets" in (await visit.call.delete(path)).json["detail"]
        await visit.call.delete(f"{API}/secrets/pass?project=finance")
        steps = {"steps": [{"name": "a", "command": ["true"]}]}
        await visit.call.put(f"{API}/jobs/load?project=finance", steps)
        assert (await visit.call.delete(path)).code == "in_use"
        assert (await visit.call.delete(f"{API}/projects/default")).code == "in_use"


async def test_an_administrator_of_one_project_sees_and_changes_that_one_only(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        for name in ("finance", "secret"):
            await visit.call.put(f"{API}/projects/{name}", {"title": name})
        finance = await visit.caller("projects:admin", project="finance")
        assert [one["name"] for one in (await finance.get(f"{API}/projects")).json["items"]] == ["finance"]
        assert (await finance.put(f"{API}/projects/finance", {"title": "mine"})).status == 200
        for method in ("GET", "PUT", "DELETE"):
            foreign = await finance.send(method, f"{API}/projects/secret", None, x_request_id="r")
            absent = await finance.send(method, f"{API}/projects/absent", None, x_request_id="r")
            assert foreign.status == absent.status == 404
            assert foreign.body.replace(b"secret", b"absent") == absent.body
        refused = await finance.delete(f"{API}/projects/finance")
        assert (refused.status, refused.code) == (403, "insufficient_scope")
        assert "for every project" in refused.json["detail"]


async def test_a_project_that_is_not_there_cannot_be_acted_in(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        absent = await visit.call.get(f"{API}/jobs?project=nowhere")
        assert (absent.status, absent.code) == (404, "not_found")
        steps = {"steps": [{"name": "a", "command": ["true"]}]}
        assert (await visit.call.put(f"{API}/jobs/load?project=nowhere", steps)).status == 404
        await visit.call.put(f"{API}/projects/nowhere", {})
        assert (await visit.call.put(f"{API}/jobs/load?project=nowhere", steps)).status == 201
        assert (await visit.call.get(f"{API}/jobs/load")).status == 404


async def test_the_same_idempotency_key_in_two_projects_is_two_executions(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.call.put(f"{API}/projects/b", {})
        made = []
        for where in ("", "?project=b"):
            await visit.call.put(f"{API}/jobs/load{where}", {"steps": [{"name": "a", "command": ["true"]}]})
            reply = await visit.call.post(f"{API}/jobs/load/executions{where}", {}, idempotency_key="one")
            again = await visit.call.post(f"{API}/jobs/load/executions{where}", {}, idempotency_key="one")
            assert (reply.status, again.headers["idempotent-replayed"]) == (202, "true")
            assert reply.json["id"] == again.json["id"]
            made.append(reply.json["id"])
        assert made[0] != made[1]
