"""Job files and projects: a file says where its jobs belong, and the project is made when it is missing."""

from pathlib import Path

import pytest

from runbell.assembly.jobs_folder import FolderLoader
from runbell.ports.audit_table import AuditQuery
from tests.house_of_cards import a_house

pytestmark = pytest.mark.anyio
STEPS = "steps: [{name: a, command: ['true']}]"


async def test_a_file_puts_its_jobs_into_the_project_that_it_names(tmp_path: Path) -> None:
    jobs = tmp_path / "jobs"
    jobs.mkdir()
    (jobs / "a.yaml").write_text(
        f"job: load\n{STEPS}\n---\njob: load\nproject: finance\n{STEPS}\nthen: [{{job: after}}]\n"
    )
    (jobs / "b.yaml").write_text(f"job: after\nproject: finance\n{STEPS}\n")
    async with a_house(tmp_path / "data", serving=False) as house:
        store = house.ports.store
        loader = FolderLoader(house.ports, house.script, jobs)
        assert await loader.load() == []
        made = await store.project("finance")
        assert made is not None
        assert [job.name for job in await store.jobs("default", "", 9)] == ["load"]
        assert [job.name for job in await store.jobs("finance", "", 9)] == ["after", "load"]
        assert await loader.load() == []
        assert await store.project("finance") == made
        lines = (await store.audit(AuditQuery(project="finance"))).items
        assert sorted(line.entry.action for line in lines) == ["jobs.put", "jobs.put", "projects.put"]


async def test_a_follow_up_in_another_project_is_not_there(tmp_path: Path) -> None:
    jobs = tmp_path / "jobs"
    jobs.mkdir()
    (jobs / "a.yaml").write_text(
        f"job: load\n{STEPS}\nthen: [{{job: after}}]\n---\njob: after\nproject: finance\n{STEPS}\n"
    )
    async with a_house(tmp_path / "data", serving=False) as house:
        (complaint,) = await FolderLoader(house.ports, house.script, jobs).load()
        assert "There is no job after" in complaint
        assert await house.ports.store.job("default", "load") is None
        assert await house.ports.store.job("finance", "after") is not None
