"""What a step finds in its environment. Built from nothing: the server's own environment is never inherited."""

import os
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from runbell.domain.ids import public
from runbell.ports.runner import StepOrder
from runbell.runners.hand.sheets import Sheets
from runbell.runners.processes import COOKIE

BY_FILE: Final = 32 << 10
_BASE: Final = {
    "PATH": f"{Path(sys.executable).parent}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": os.environ.get("HOME", "/"),
    "LANG": "C.UTF-8",
    "TZ": "UTC",
}


def environment(order: StepOrder, workspace: str) -> dict[str, str]:
    """The environment without files: ids, folders and every parameter that is small and plain."""
    found = _BASE | order.env | order.secrets
    found[COOKIE] = public(order.execution)
    found["RUNBELL_NUMBER"] = str(order.number)
    found["RUNBELL_JOB"] = order.job
    found["RUNBELL_STEP"] = order.step
    found["RUNBELL_ATTEMPT"] = str(order.attempt)
    found["RUNBELL_EPOCH"] = str(order.epoch)
    found["RUNBELL_WORKSPACE"] = workspace
    if order.scope is not None:
        found["RUNBELL_SCOPE"] = order.scope
    if order.folder is not None:
        found["RUNBELL_FOLDER"] = order.folder
    for name, value in order.params.items():
        text = as_text(value)
        if text is not None and fits(text):
            found[f"RUNBELL_PARAM_{name.upper()}"] = text
    return found


def as_text(value: Any) -> str | None:
    """A plain value as text; None for null, lists and objects."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def fits(text: str) -> bool:
    """True for what may stand in an environment variable: no NUL, at most 32 KiB."""
    return "\0" not in text and len(text.encode("utf-8", "surrogateescape")) <= BY_FILE


def write_parameters(order: StepOrder, sheets: Sheets) -> dict[str, str]:
    """Write all parameters as one JSON file, and each that is no small plain text as its own; answers the variables."""
    found = {"RUNBELL_PARAMS": sheets.write("params.json", msgspec.json.encode(order.params))}
    for name, value in order.params.items():
        text = as_text(value)
        if value is None or (text is not None and fits(text)):
            continue
        content = msgspec.json.encode(value) if text is None else text.encode("utf-8", "replace")
        found[f"RUNBELL_PARAM_{name.upper()}_FILE"] = sheets.write(f"param-{len(found)}", content)
    return found
