"""The patches fit the product as it is: none has gone stale."""

import json
import subprocess
import sys
from typing import Any

import pytest
from verify.checks import CHECKS
from verify.sabotages import SABOTAGES, declare_all, hooked

from tests.house.sources import ROOT

declare_all()
NAMED = sorted({name for check in CHECKS.values() for name in check.sabotages})


def test_every_sabotage_belongs_to_a_check_and_every_check_has_one() -> None:
    assert sorted(SABOTAGES) == NAMED
    assert [check.name for check in CHECKS.values() if check.in_all and not check.sabotages] == []


@pytest.mark.parametrize("name", NAMED)
def test_a_patch_replaces_something_that_is_there(name: str) -> None:
    """Each patched module is imported twice, plain and under the hook: names of it must differ, none may be new."""
    for module in SABOTAGES[name]:
        plain, patched = (_names(module, environment) for environment in ({}, hooked(name)))
        assert plain.keys() == patched.keys(), f"{module}: {sorted(plain.keys() ^ patched.keys())}"
        assert plain != patched, f"{module} is as it was"
        for function, told in plain.items():
            if "takes" in told and "takes" in patched[function]:
                gone = lacking(told["takes"], patched[function]["takes"])
                assert not gone, f"{name} replaces {module}.{function}, but {gone}"


def lacking(taken: dict[str, Any], patched: dict[str, Any]) -> str:
    """What callers of a function give it and its replacement does not take."""
    if patched["awaited"] != taken["awaited"]:
        return "one of the two is a coroutine"
    if patched["any_place"]:
        return ""
    if patched["least"] > taken["least"] or patched["most"] < taken["most"]:
        return f"takes {patched['least']} to {patched['most']} values, not {taken['least']} to {taken['most']}"
    missing = set(taken["by_name"]) - set(patched["by_name"])
    return f"takes no {sorted(missing)}" if missing and not patched["any_name"] else ""


def _names(module: str, environment: dict[str, str]) -> dict[str, Any]:
    """Where each name of a module, and each attribute of its classes, comes from, and what its functions take."""
    command = [sys.executable, "-c", LISTING, module]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


LISTING = """
import importlib, json, sys

def about(value):
    code = getattr(value, "__code__", None)
    if not code:
        return {"is": repr(value)[:2000].split(" at 0x")[0]}
    named = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    takes = {
        "least": code.co_argcount - len(value.__defaults__ or ()), "most": code.co_argcount,
        "any_place": bool(code.co_flags & 4), "any_name": bool(code.co_flags & 8), "by_name": named[code.co_argcount :],
        "awaited": bool(code.co_flags & 128),
    }
    return {"is": code.co_filename, "takes": takes}

module = importlib.import_module(sys.argv[1])
found = {}
for name, value in vars(module).items():
    found[name] = about(value)
    if isinstance(value, type) and value.__module__ == sys.argv[1]:
        found |= {f"{name}.{inner}": about(it) for inner, it in vars(value).items()}
print(json.dumps(found))
"""
