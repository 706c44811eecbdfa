"""`docs/jobs.md` is true: its examples load, and it names every member that a definition may have."""

import re
import runpy
from pathlib import Path

import pytest

from runbell.authoring import jobs
from runbell.domain import definition, definition_parameters, definition_steps
from runbell.domain.definition import read_job
from runbell.jobfiles import load_folder

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "jobs.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
YAML = [text for language, text in BLOCKS if language == "yaml"]
OTHER_PAGES = "".join((DOCS / name).read_text() for name in ("http-steps.md", "checks.md", "sql.md"))
ELSEWHERE = re.findall(r"```yaml\n(.*?)```", OTHER_PAGES, re.DOTALL)


@pytest.mark.parametrize("text", YAML + ELSEWHERE, ids=lambda text: text.partition("\n")[0][:30])
def test_every_example_is_a_job(text: str, tmp_path: Path) -> None:
    (tmp_path / "example.yaml").write_text(text)
    loaded = load_folder(tmp_path)
    assert loaded.broken == ()
    assert len(loaded.jobs) == text.count("---\n") + 1


def test_the_large_example_says_every_member() -> None:
    [large] = [text for text in YAML if "airport-report" in text]
    said = set(re.findall(r"(\w+):", large))
    assert {*definition.MEMBERS, *definition_steps.MEMBERS} - said == {"takes_job"}


def test_the_page_names_every_member_of_a_parameter() -> None:
    said = set(re.findall(r"(\w+):|`(\w+)`", PAGE))
    words = {word for pair in said for word in pair}
    assert set(definition_parameters.MEMBERS) - words == set()


def test_the_python_example_is_a_job(tmp_path: Path) -> None:
    [text] = [text for language, text in BLOCKS if language == "python"]
    (tmp_path / "airports.py").write_text(text)
    [function] = filter(jobs.is_job, runpy.run_path(str(tmp_path / "airports.py")).values())
    job = read_job(jobs.definition(function, "airports:airport_import"), trusted_python=True)
    assert (job.name, job.limits.running, job.limits.timeout_ms) == ("airport-import", 1, 7_200_000)
    assert [(one.name, one.type, one.required, one.nullable) for one in job.parameters] == [
        ("limit", "int", True, False),
        ("country", "text", False, True),
    ]
