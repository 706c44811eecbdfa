"""Reads a call: every member checked, in the order in which the API checks them."""

import unicodedata
from typing import Any, Final

from msgspec import Struct

from runbell.dialects.infolink.call import Call
from runbell.domain.faults import InvalidField

RUN_SCENARIO: Final = "RunScenario"
LONGEST_ID: Final = 200
LONGEST_SHOWN: Final = 200
_FLAGS: Final = {"true": True, "false": False}


class Execute(Struct, frozen=True, kw_only=True):
    """A call of executeJob.jsp. `operation` as it came; `scenario` None: another operation than RunScenario."""

    app: str
    operation: dict[str, Any]
    name: str
    scenario: str | None
    params: dict[str, Any]
    is_async: bool
    schema: bool
    job_id: str | None


def execute(call: Call) -> Execute:
    """What executeJob.jsp is asked. Raises InvalidField with the API's sentence."""
    members = call.members
    app = _app(call)
    operation = _object(members, "operation", "operation", required=True)
    name = _text(operation, "opName", "operation.opName")
    inner = _object(operation, "opParams", "operation.opParams")
    scenario, params = None, inner
    if name == RUN_SCENARIO:
        scenario = _text(inner, "scenario", "operation.opParams.scenario")
        params = _object(inner, "parameters", "operation.opParams.parameters")
    call.scenario = (scenario or name)[:LONGEST_SHOWN]
    return Execute(
        app=app, operation=operation, name=name, scenario=scenario, params=params,
        is_async=_flag(members, "isAsync", default=True),
        schema=not _flag(members, "noResultSchema", default=False), job_id=job_id(call, required=False),
    )  # fmt: skip


def look(call: Call) -> tuple[str, str]:
    """The app and the job of a look or a stop. Raises InvalidField."""
    app, job = _app(call), job_id(call, required=True)
    return app, job or ""


def job_id(call: Call, *, required: bool) -> str | None:
    """The caller's own id of a job, None when there is none. Raises InvalidField."""
    value = call.members.get("jobId")
    if value is None or value == "":
        if required:
            raise missing("jobId")
        return None
    if type(value) is int:
        value = str(value)
    if not isinstance(value, str) or len(value) > LONGEST_ID or any(map(_is_control, value)):
        if required and isinstance(value, str):
            call.job = value[:LONGEST_SHOWN]
            return value  # nothing has such an id
        raise InvalidField(f"Parameter 'jobId' is invalid: 1 to {LONGEST_ID} characters, no control characters")
    call.job = value
    return value


def missing(name: str) -> InvalidField:
    """The refusal of a call without that member."""
    return InvalidField(f"Parameter '{name}' is required")


def _app(call: Call) -> str:
    value = call.members.get("appId")
    if value is None or value == "":
        raise missing("appId")
    if type(value) is int:
        value = str(value)
    if not isinstance(value, str):
        raise InvalidField("Parameter 'appId' must be text")
    call.app = value[:LONGEST_SHOWN]
    return value


def _text(members: dict[str, Any], name: str, path: str) -> str:
    value = members.get(name)
    if value is None or value == "":
        raise missing(path)
    if not isinstance(value, str):
        raise InvalidField(f"Parameter '{path}' must be text")
    return value


def _object(members: dict[str, Any], name: str, path: str, *, required: bool = False) -> dict[str, Any]:
    value = members.get(name)
    if value is None or value == "":
        if required:
            raise missing(path)
        if value is None:
            return {}
    if not isinstance(value, dict):
        raise InvalidField(f"Parameter '{path}' must be an object")
    return value


def _flag(members: dict[str, Any], name: str, *, default: bool) -> bool:
    value = members.get(name)
    if value is None:
        return default
    flag = _FLAGS.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(flag, bool):
        raise InvalidField(f"Parameter '{name}' must be true or false")
    return flag


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) == "Cc"
