"""Files are small, say what they are, and have names that explain themselves."""

import ast

from .sources import PACKAGE, ROOT, modules, tree

LONGEST = 300
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "handler", "handlers", "base", "impl"}


def test_no_file_is_longer_than_three_hundred_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules()}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_no_file_or_folder_is_a_drawer() -> None:
    named = {part for path in modules() for part in path.relative_to(PACKAGE).with_suffix("").parts}
    words = {word for part in named for word in part.split("_")}
    assert words & DRAWERS == set()


def test_every_module_says_in_its_first_line_what_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in modules()
        if not (ast.get_docstring(tree(path)) or "").partition("\n")[0].strip()
        or not path.read_text().startswith('"""')
    ]
    assert silent == []
