"""Finds the jobs that a Python file defines, by importing it."""

from pathlib import Path
from typing import Any

from runbell.authoring.jobs import definition, is_job
from runbell.runners.python.modules import CannotLoad, Modules


def discover(modules: Modules, folder: str, file: str) -> list[dict[str, Any]]:
    """The definitions of the `@job` functions that the file itself defines, in their order there.

    `file` is a path, absolute or below `folder`. Raises CannotLoad, or whatever the import raises.
    """
    path = (Path(folder) / file).resolve()
    try:
        name = ".".join(path.relative_to(Path(folder).resolve()).with_suffix("").parts)
    except ValueError:
        raise CannotLoad(f"{file} lies outside of the jobs folder; move it there.") from None
    module = modules.load(name)
    found = []
    for attribute, thing in vars(module).items():
        if is_job(thing) and thing.__module__ == name and thing.__name__ == attribute:
            try:
                found.append(definition(thing, f"{name}:{attribute}"))
            except (TypeError, ValueError) as wrong:
                raise CannotLoad(str(wrong)) from None
    return found
