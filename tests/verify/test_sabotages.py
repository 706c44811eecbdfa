"""The patches fit the product as it is: none has gone stale."""

import json
import subprocess
import sys

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


def _names(module: str, environment: dict[str, str]) -> dict[str, str]:
    """Where each name of a module, and each attribute of its classes, comes from."""
    command = [sys.executable, "-c", LISTING, module]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


LISTING = """
import importlib, json, sys

def about(value):
    code = getattr(value, "__code__", None)
    return code.co_filename if code else repr(value)[:2000].split(" at 0x")[0]

module = importlib.import_module(sys.argv[1])
found = {}
for name, value in vars(module).items():
    found[name] = about(value)
    if isinstance(value, type) and value.__module__ == sys.argv[1]:
        found |= {f"{name}.{inner}": about(it) for inner, it in vars(value).items()}
print(json.dumps(found))
"""
