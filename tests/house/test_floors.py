"""Who may import whom."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from .sources import PACKAGE, ROOT, modules, tree, where

PURE_ROOMS = ("domain", "ports", "authoring", "operations")
WELCOME = sys.stdlib_module_names | {"runbell", "msgspec"}


def test_every_room_stands_on_its_floor_and_keeps_the_import_contracts() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([lint_imports, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("room", PURE_ROOMS)
def test_the_pure_rooms_import_no_third_party_package_but_msgspec(room: str) -> None:
    strangers = [
        f"{where(path, node)}: {package}"
        for path in modules()
        if path.is_relative_to(PACKAGE / room)
        for node in ast.walk(tree(path))
        for package in imported_by(node)
        if package not in WELCOME
    ]
    assert strangers == []


def imported_by(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module.partition(".")[0]]
    return []
