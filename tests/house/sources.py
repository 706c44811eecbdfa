"""What the house's rules are checked on: the source files, read and parsed once."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "runbell"


@cache
def modules() -> tuple[Path, ...]:
    """Every Python file of the package."""
    return tuple(sorted(PACKAGE.rglob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(), str(path))


def where(path: Path, node: ast.AST) -> str:
    """`src/runbell/room/file.py:12`, for the sentence of a failure."""
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
