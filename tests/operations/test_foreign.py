"""The ids that clients of a dialect use."""

from pathlib import Path
from uuid import UUID

import pytest

from runbell.domain.faults import InvalidDefinition, NotFound
from runbell.domain.grants import read
from runbell.operations import define_job, foreign
from runbell.operations.identify import Principal
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
