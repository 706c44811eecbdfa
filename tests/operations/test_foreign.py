"""The ids that clients of a dialect use."""

from pathlib import Path
from uuid import UUID

import pytest

from runbell.domain.faults import InvalidDefinition, NotFound
from runbell.domain.grants import read
from runbell.domain.principals import Project
from runbell.operations import define_job, foreign
from runbell.operations.identify import Principal
from runbell.ports.identity_table import PutProject
from runbell.ports.store import Ref
from tests.house_of_cards import ADMIN, House, a_house

pytestmark = pytest.mark.anyio

GUID = "0b0f5c1e-3a3d-4a52-9a6d-0c1f5f6f9e21"


async def a_job(house: House, name: str, **ids: int | str) -> int:
    put = await define_job.put(house.ports, ADMIN, name, {"steps": [{"name": "a", "command": ["true"]}], "ids": ids})
    return put.job.number


async def test_a_job_goes_by_the_id_it_was_given_and_else_by_its_own(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        own = await a_job(house, "own")
        given = await a_job(house, "given", dvsum=48213, des=GUID, ocapi="Given Job")
        ports = house.ports
        assert (await foreign.job_numbered(ports, "dvsum", 48213)).name == "given"
        assert (await foreign.job_numbered(ports, "dvsum", own)).name == "own"
        assert (await foreign.job_numbered(ports, "adverity", given)).name == "given"
        with pytest.raises(NotFound):
            await foreign.job_numbered(ports, "dvsum", given)
        assert (await foreign.job_with_guid(ports, "des", UUID(GUID))).name == "given"
        record = await foreign.job_named(ports, "ocapi", "Given Job", "default")
        assert (foreign.name_of(record, "ocapi"), foreign.name_of(record, "infolink")) == ("Given Job", "given")
        assert (foreign.number_of(record, "dvsum"), foreign.number_of(record, "adverity")) == (48213, given)
        assert foreign.guid_of(record, "des") == GUID
        assert await foreign.job_with_guid(ports, "des", UUID((await foreign.job_numbered(ports, "dvsum", own)).id))
        for missing in ("given", "nothing"):
            with pytest.raises(NotFound):
                await foreign.job_named(ports, "ocapi", missing, "default")


async def test_numbers_that_were_given_and_our_own_never_meet(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        first = await a_job(house, "first")
        with pytest.raises(InvalidDefinition, match="belongs to another job"):
            await a_job(house, "second", dvsum=first)
        second = await a_job(house, "second", dvsum=first + 2)
        assert second == first + 1
        assert await a_job(house, "third") == first + 3


async def test_an_execution_is_found_in_whatever_project_it_is_by_whoever_may_see_it(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await a_job(house, "load")
        made = await house.start("load")
        ref = foreign.guid_ref(UUID(foreign.execution_guid(made)))
        insider = Principal("key:a", "default", read({"default": ("executions:read",)}), "key:a")
        outsider = Principal("key:b", "other", read({"other": ("executions:read",)}), "key:b")
        everywhere = Principal("key:c", "other", read({"*": ("executions:read",)}), "key:c")
        narrowed = Principal("key:d", "default", read({"default": ("executions:read:else",)}), "key:d")
        for principal, sees in ((insider, True), (outsider, False), (everywhere, True), (narrowed, False)):
            actor = principal.seeing(principal.home)
            for named in (ref, Ref(number=made.number)):
                if sees:
                    _, found = await foreign.visible_execution(house.ports, principal, actor, named)
                    assert found == made
                else:
                    with pytest.raises(NotFound):
                        await foreign.visible_execution(house.ports, principal, actor, named)


async def test_an_operation_is_a_job_of_its_project_and_only_one(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        loads = {"dialects": {"infolink": {"operation": "LoadOrders"}}}
        await house.define("orders", "a", **loads)
        assert (
            await foreign.job_saying(house.ports, "infolink", "operation", "LoadOrders", "default")
        ).name == "orders"
        for name, project in (("loadorders", "default"), ("LoadOrders", "other")):
            with pytest.raises(NotFound):
                await foreign.job_saying(house.ports, "infolink", "operation", name, project)
        with pytest.raises(InvalidDefinition) as refused:
            await house.define("again", "a", **loads)
        assert [problem.pointer for problem in refused.value.problems] == ["/dialects/infolink/operation"]


async def test_a_project_goes_by_the_id_it_was_given_and_else_by_its_name(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        store = house.ports.store
        for name, ids in (("north", {"infolink": "7"}), ("south", {}), ("hidden", {"infolink": "9"})):
            await store.put_project(PutProject(project=Project(name=name, number=0, id=name, created_at=0, ids=ids)))
        held = read({"north": ("jobs:read",), "south": ("jobs:read",)})
        me = Principal("key:me", "north", held, "key:1")
        known = {name: await foreign.project_known(house.ports, me, "infolink", name) for name in
                 ("7", "south", "north", "9", "hidden", "nothing")}  # fmt: skip
        assert known == {"7": "north", "south": "south", "north": None, "9": None, "hidden": None, "nothing": None}


async def test_an_execution_goes_by_its_key_before_its_guid(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("load", "a")
        first = await house.start("load")
        guid = foreign.execution_guid(first)
        found = await foreign.execution_called(house.ports, ADMIN, guid.upper())
        assert found.number == first.number
        second = await house.start("load", key=guid)
        assert (await foreign.execution_called(house.ports, ADMIN, guid)).number == second.number
        with pytest.raises(NotFound):
            await foreign.execution_called(house.ports, ADMIN, "zzz")


@pytest.mark.parametrize("text", ["", "zzz", "0" * 31, "0" * 33, "g" * 32, "urn:uuid:" + GUID, GUID + "\n", " " + GUID])
def test_only_what_spells_a_guid_is_one(text: str) -> None:
    assert foreign.as_guid(text) is None
    for spelled in (GUID, GUID.upper(), GUID.replace("-", ""), "{" + GUID + "}"):
        assert str(foreign.as_guid(spelled)) == GUID
