"""Finding the jobs of a Python file: imported in a hand, never here."""

import re
import sys

import pytest

from runbell.domain.actions import Python
from runbell.domain.definition import read_job
from tests.runners.workplace import Workplace, names_in

pytestmark = pytest.mark.anyio


async def test_each_job_of_the_file_becomes_a_definition_in_its_order(place: Workplace) -> None:
    place.module("shared", "from runbell import job\n@job\ndef elsewhere(): pass\n")
    place.module(
        "jobs",
        "from shared import elsewhere\nfrom runbell import job\n"
        "@job(title='Second', running=1, timeout='2h', tags=['geo'])\ndef zebra_import(limit: int = 5):\n    'Reads.'\n"
        "@job\ndef ant(): pass\n",
    )
    definitions = await place.runner.discover(str(place.folder), "jobs.py")
    assert definitions[0] == {
        "job": "zebra-import",
        "title": "Second",
        "description": "Reads.",
        "tags": ["geo"],
        "parameters": {"limit": {"type": "int", "default": 5}},
        "limits": {"running": 1, "timeout": "2h"},
        "steps": [{"name": "zebra-import", "python": "jobs:zebra_import", "takes_job": True}],
    }
    assert [each["job"] for each in definitions] == ["zebra-import", "ant"]
    assert "jobs" not in sys.modules
    assert names_in(place.folder) == ["jobs.py", "shared.py"]


async def test_what_is_found_is_a_job_that_runs(place: Workplace) -> None:
    place.module("jobs", "from runbell import job\n@job(retry=2, on_lost='rerun')\ndef answer(n: int): return n + 1\n")
    (definition,) = await place.runner.discover(str(place.folder), str(place.folder / "jobs.py"))
    (step,) = read_job(definition, trusted_python=True).steps
    assert isinstance(step.action, Python)
    assert (step.retry.attempts, str(step.on_lost), step.action.takes_job) == (2, "rerun", True)


async def test_a_file_in_a_subfolder_is_named_with_it(place: Workplace) -> None:
    (place.folder / "geo").mkdir()
    (place.folder / "geo" / "jobs.py").write_text("from runbell import job\n@job\ndef ant(): pass\n")
    (definition,) = await place.runner.discover(str(place.folder), "geo/jobs.py")
    assert definition["steps"][0]["python"] == "geo.jobs:ant"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def broken(:", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError: division by zero (jobs.py, line 1)"),
        ("import not_there", "not_there"),
        ("import os; os._exit(3)", "exit code 3"),
        ("raise SystemExit('no')", "SystemExit: no"),
        ("from runbell import job\n@job\ndef ant(x): pass", "Parameter x of ant has no type"),
        ("from runbell import job\n@job\nasync def ant(): pass", "plain `def`"),
        ("from runbell import nope", "nope"),
    ],
)
async def test_a_file_that_cannot_be_read_is_answered_with_a_sentence(place: Workplace, text: str, said: str) -> None:
    place.module("jobs", text)
    with pytest.raises(ValueError, match=re.escape(said)):
        await place.runner.discover(str(place.folder), "jobs.py")
    place.module("jobs", "")
    assert await place.runner.discover(str(place.folder), "jobs.py") == []


async def test_a_file_outside_of_the_folder_is_refused(place: Workplace) -> None:
    with pytest.raises(ValueError, match="outside"):
        await place.runner.discover(str(place.folder), "../jobs.py")
