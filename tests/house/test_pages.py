"""What the pages say is so: the two commands, the chores, the links, the quoted files."""

import re
import runpy
import subprocess
from pathlib import Path

import pytest

from .sources import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
by_name = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def test_the_readme_names_the_two_commands() -> None:
    assert {"demo", "test"} <= set(chores_named((ROOT / "README.md").read_text()))


@by_name
def test_every_chore_a_page_names_exists(page: Path) -> None:
    listed = subprocess.run([ROOT / "dev"], capture_output=True, text=True, check=True).stdout
    assert set(chores_named(page.read_text())) <= set(chores_named(listed))


def chores_named(text: str) -> list[str]:
    return re.findall(r"\./dev ([a-z]+)", text)


@by_name
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


@by_name
def test_a_quoted_file_is_quoted_as_it_is(page: Path) -> None:
    """A block under `<!-- path -->` is that file, without its first docstring or comment."""
    quoted = re.findall(r"<!-- (\S+) -->\n```\w*\n(.*?)```", page.read_text(), re.DOTALL)
    assert [name for name, text in quoted if not (ROOT / name).read_text().rstrip().endswith(text.rstrip())] == []


@pytest.mark.parametrize("drawer", ["draw_lifecycle.py", "draw_settings.py"])
def test_a_drawn_page_says_what_the_code_says(drawer: str) -> None:
    drawing = runpy.run_path(str(ROOT / "docs" / drawer))
    assert drawing["PAGE"].read_text() == drawing["drawn"](), "Run ./dev docs."
