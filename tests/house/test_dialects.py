"""A new dialect is one folder and one line: nothing outside its folder knows its name but that line."""

import re
from pathlib import Path

import pytest

from runbell.settings import DIALECTS

from .sources import PACKAGE, ROOT

REGISTRY = PACKAGE / "settings.py"
FOLDERS = PACKAGE / "dialects"
TEXTS = {".py", ".sql", ".html", ".css", ".js", ".toml", ".yaml", ".json"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nothing_outside_its_folder_knows_the_name_of_a_dialect(dialect: str) -> None:
    named = re.compile(rf"(?i)(?<![a-z]){dialect}(?![a-z])")
    found = [
        f"{path.relative_to(ROOT)}:{place}"
        for path in texts()
        if path != REGISTRY and not path.is_relative_to(FOLDERS / dialect)
        for place, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if named.search(line)
    ]
    assert found == [], f"Let the folder of {dialect} say what it needs, and the assembly hand it down."


def test_the_registry_names_each_dialect_in_one_line() -> None:
    named = [line for line in REGISTRY.read_text("utf-8").splitlines() if any(f'"{name}"' in line for name in DIALECTS)]
    assert len(named) == 1
    assert all(f'"{name}"' in named[0] for name in DIALECTS)


def test_every_folder_of_a_dialect_is_registered() -> None:
    folders = {path.name for path in FOLDERS.iterdir() if (path / "__init__.py").exists()}
    assert folders == {"native", *DIALECTS}


def texts() -> list[Path]:
    """Every file of the package that people write."""
    return [path for path in sorted(PACKAGE.rglob("*")) if path.suffix in TEXTS]
