"""Draws docs/settings.md from the settings themselves. `./dev docs` writes the page; a test holds the two together."""

import ast
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType

from runbell import settings

PAGE = Path(__file__).with_name("settings.md")

BEFORE = """\
# Settings of a server

Drawn by `./dev docs` from `src/runbell/settings.py`. A setting is taken from the option of `runbell serve` where there
is one, else from the environment, else it has its default.

| setting | environment | default | what it is |
|---|---|---|---|
"""


OF_A_DIALECT = """
## The door `{name}`

From `src/runbell/dialects/{name}/options.py`; how to use the door: [{name}](dialects/{name}.md).

| setting | environment | default | what it is |
|---|---|---|---|
"""


def drawn() -> str:
    """The page as it should be."""
    page = BEFORE + "".join(f"{row}\n" for row in rows(settings, "Settings", ""))
    for name in settings.DIALECTS:
        options = import_module(f"runbell.dialects.{name}.options")
        page += OF_A_DIALECT.format(name=name)
        page += "".join(f"{row}\n" for row in rows(options, "Options", name))
    return page


def rows(module: ModuleType, shape: str, dialect: str) -> list[str]:
    """One row per member of a struct, with the text that stands under it."""
    tree = ast.parse(Path(str(module.__file__)).read_text())
    (members,) = (node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == shape)
    plain = getattr(module, shape)()
    found = []
    for member, text in pairwise(members):
        if isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name) and isinstance(text, ast.Expr):
            name = member.target.id
            default = getattr(plain, name)
            shown = "none" if default is None else f"`{default}`"
            spelled, variable = (f"{dialect}.{name}", f"{dialect}_{name}") if dialect else (name, name)
            said = " ".join(ast.literal_eval(text.value).split())  # a row of a table is one line
            found.append(f"| `{spelled}` | `{settings.PREFIX}{variable.upper()}` | {shown} | {said} |")
    return found


if __name__ == "__main__":
    PAGE.write_text(drawn())
