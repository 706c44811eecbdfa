"""Known bugs, put back on purpose: each is a patch of the running code. The product's source knows nothing of them.

A patch is applied when its module is first imported, in every process that the hook (`verify/hook`) reaches.
"""

import importlib.util
import os
import pkgutil
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Final

HOOK: Final = Path(__file__).parents[1] / "hook"
MARK: Final = "sabotage="

Patch = Callable[[ModuleType], None]
SABOTAGES: Final[dict[str, dict[str, Patch]]] = {}


def sabotage(name: str, module: str) -> Callable[[Patch], Patch]:
    """Declare a patch of `module`. A sabotage of several modules is declared several times under one name."""

    def declare(patch: Patch) -> Patch:
        SABOTAGES.setdefault(name, {})[module] = patch
        return patch

    return declare


def hooked(name: str) -> dict[str, str]:
    """The environment in which every Python process is broken by this sabotage.

    The name travels as an entry of PYTHONPATH, because hands are given that and little else.
    """
    return {"PYTHONPATH": f"{HOOK}{os.pathsep}{MARK}{name}"}


def in_force() -> str | None:
    """The sabotage that this process is under, if any."""
    entries = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return next((entry.removeprefix(MARK) for entry in entries if entry.startswith(MARK)), None)


def declare_all() -> None:
    """Import every file of this folder: they declare."""
    for found in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{found.name}")


def arm(name: str) -> None:
    """From now on every module that the sabotage names is patched as it is imported."""
    declare_all()
    patches = SABOTAGES[name]
    loaded = patches.keys() & sys.modules.keys()
    if loaded:
        raise RuntimeError(f"Sabotage {name} comes too late: {', '.join(sorted(loaded))} is already imported.")
    sys.meta_path.insert(0, _Patcher(dict(patches)))


class _Patcher(MetaPathFinder):
    """Finds the modules to patch the way everybody does, and patches them once they have run."""

    def __init__(self, patches: dict[str, Patch]) -> None:
        self._patches = patches

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        patch = self._patches.pop(fullname, None)
        spec = importlib.util.find_spec(fullname) if patch is not None else None
        if patch is None or spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def run_and_patch(module: ModuleType) -> None:
            run(module)
            patch(module)

        spec.loader.exec_module = run_and_patch  # type: ignore[method-assign]
        return spec
