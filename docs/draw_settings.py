"""Draws docs/settings.md from the settings themselves. `./dev docs` writes the page; a test holds the two together."""

import ast
from itertools import pairwise
from pathlib import Path

from runbell import settings

PAGE = Path(__file__).with_name("settings.md")

BEFORE = """\
# Settings of a server

Drawn by `./dev docs` from `src/runbell/settings.py`. A setting is taken from the option of `runbell serve` where there
is one, else from the environment, else it has its default.

| setting | environment | default | what it is |
|---|---|---|---|
"""


def drawn() -> str:
    """The page as it should be."""
    return BEFORE + "".join(f"{row}\n" for row in rows())


def rows() -> list[str]:
    """One row per member of Settings, with the text that stands under it."""
    tree = ast.parse(Path(settings.__file__).read_text())
    (members,) = (node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Settings")
    plain = settings.Settings()
    found = []
    for member, text in pairwise(members):
        if isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name) and isinstance(text, ast.Expr):
            name = member.target.id
            default = getattr(plain, name)
            shown = "none" if default is None else f"`{default}`"
            found.append(f"| `{name}` | `{settings.PREFIX}{name.upper()}` | {shown} | {ast.literal_eval(text.value)} |")
    return found


if __name__ == "__main__":
    PAGE.write_text(drawn())
