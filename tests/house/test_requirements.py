"""The pinned packages: each with hashes, none with an address, and nothing of pyproject.toml missing."""

import re
import tomllib

import pytest

from .sources import ROOT

FILES = sorted((ROOT / "requirements").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = [
    package for name, extra in PROJECT["project"]["optional-dependencies"].items() if name != "all" for package in extra
]
DECLARED = {"runtime": PROJECT["project"]["dependencies"], "extras": EXTRAS, **PROJECT["dependency-groups"]}


def test_there_is_one_file_per_group() -> None:
    assert {path.stem for path in FILES} == set(DECLARED)


@pytest.mark.parametrize("group", sorted(DECLARED))
def test_every_declared_package_is_pinned_with_hashes(group: str) -> None:
    pinned = re.findall(
        r"^([A-Za-z0-9._-]+)==\S+(?: ; [^\\]+)? ?\\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+",
        (ROOT / "requirements" / f"{group}.txt").read_text(),
        re.MULTILINE,
    )
    wanted = {re.split(r"[<>=\[ ;]", package)[0] for package in DECLARED[group]}
    assert wanted - set(pinned) == set()


@pytest.mark.parametrize("group", sorted(DECLARED))
def test_no_address_and_no_option_is_written_down(group: str) -> None:
    """Where packages come from is the machine's business: pip's own configuration says it."""
    text = (ROOT / "requirements" / f"{group}.txt").read_text()
    assert re.findall(r"\S*//\S*|\S+\.(?:org|com|net|io)\b|^-\S*", text, re.MULTILINE) == []
