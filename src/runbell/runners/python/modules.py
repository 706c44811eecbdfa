"""Finds a job's function: first in the job file's folder, then in the environment. Notices when a file has changed."""

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any


class CannotLoad(Exception):  # noqa: N818 - an answer about the job, not a defect
    """There is no such module or function. The sentence says what to do."""


class Modules:
    """The modules of one job folder, imported once."""

    def __init__(self, folder: str | None) -> None:
        self._folder = folder
        self._files: dict[str, tuple[int, int]] = {}
        self._counted = 0
        sys.dont_write_bytecode = True  # a .pyc is trusted by whole seconds: too coarse for edit, run again
        if folder is not None:
            sys.path.insert(0, folder)

    def function(self, target: str) -> Callable[..., Any]:
        """The function of `module:function`. Raises CannotLoad; what the module itself raises goes through."""
        name, _, attribute = target.partition(":")
        module = self.load(name)
        found = getattr(module, attribute, None)
        if not callable(found):
            raise CannotLoad(f"{name} has no function {attribute}; look for a typing error, or define it there.")
        return found  # type: ignore[no-any-return]

    def load(self, name: str) -> ModuleType:
        """The module. Raises CannotLoad."""
        top = name.partition(".")[0]
        known = sys.modules.get(top)
        if known is not None and self._lies_here(top) and not self._is_ours(known):
            raise CannotLoad(f"The file {top}.py has the name of a module that Python has already; rename it.")
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as missing:
            if missing.name is not None and (name == missing.name or name.startswith(missing.name + ".")):
                place = f"in {self._folder} or " if self._folder else ""
                raise CannotLoad(
                    f"There is no module {missing.name} {place}in the environment; install it, or mend the name."
                ) from None
            raise

    def remember(self) -> None:
        """Note the files of the folder that were imported, so that `changed` can tell. Cheap when nothing is new."""
        if self._folder is None or len(sys.modules) == self._counted:
            return
        self._counted = len(sys.modules)
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None)
            if isinstance(file, str) and file not in self._files and self._is_ours(module):
                self._files[file] = _state(file)

    def changed(self) -> bool:
        """True when a file that was imported from the folder is another by now, or gone."""
        return any(_state(file) != state for file, state in self._files.items())

    def _lies_here(self, top: str) -> bool:
        folder = Path(self._folder) if self._folder is not None else None
        return folder is not None and ((folder / f"{top}.py").exists() or (folder / top / "__init__.py").exists())

    def _is_ours(self, module: ModuleType) -> bool:
        file = getattr(module, "__file__", None)
        if not isinstance(file, str):
            paths = getattr(module, "__path__", ())
            return any(str(path).startswith(f"{self._folder}/") for path in paths)
        return self._folder is not None and file.startswith(self._folder + os.sep)


def _state(file: str) -> tuple[int, int]:
    try:
        found = os.stat(file)  # noqa: PTH116 - asked before every step
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)
