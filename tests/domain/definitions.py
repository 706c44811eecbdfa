"""Definitions for tests: a small whole one, and one with every member that is taken."""

from typing import Any

from runbell.assembly.vocabulary import vocabulary
from runbell.domain.definition import read_job
from runbell.domain.faults import InvalidDefinition
from runbell.domain.job import Job

EVERY_MEMBER: dict[str, Any] = {
    "job": "airport-import",
    "project": "default",
    "title": "Import the world's airports",
    "description": "Reads the public list,\nchecks it.",
    "tags": ["demo", "geo"],
    "enabled": True,
    "ids": {
        "dvsum": 48213,
        "adverity": 77,
        "des": "0B0F5C1E-3a3d-4a52-9a6d-0c1f5f6f9e21",
        "infolink": "Main",
        "ocapi": "AirportImport",
    },
    "starts": "api",
    "parameters": {
        "source": {"type": "text", "default": "airportsdata", "description": "Where the list comes from"},
        "country": {"type": "text", "pattern": "[A-Z]{2}", "nullable": True, "default": None},
        "limit": {"type": "int", "min": 1, "max": 1000000, "required": True, "indexed": True},
        "mode": {"type": "enum", "choices": ["full", "incremental"], "default": "full"},
        "since": {"type": "datetime", "min": "2020-01-01T02:00:00+02:00", "secret": False, "keep": False},
    },
    "limits": {
        "running": 1,
        "when_full": "reject",
        "start_by": "1d",
        "timeout": "2h",
        "grace": "10s",
        "priority": -3,
        "log": "1MiB",
        "when_paused": "reject",
    },
    "require_key": True,
    "restart": False,
    "scopes": ["EU", "NA", "AS"],
    "env": {"LANG": "C.UTF-8"},
    "steps": [
        {
            "name": "read",
            "title": "Read the list",
            "description": "The list is public.",
            "type": "ExecuteScriptModule",
            "info": "airports.py#main",
            "rule": {"type": "COUNT", "lower": 0, "upper": 10},
            "python": "airports.read:main",
            "retry": {"attempts": 3, "delay": "2s", "factor": 1.5, "max": "1m"},
            "timeout": "5m",
            "on_lost": "rerun",
        },
        {
            "name": "tidy",
            "command": ["sort", "-u", "{steps.read.result.path}", "-o", "{workspace}/sorted.csv"],
            "needs": ["read"],
            "stage": "load",
        },
        {
            "name": "load",
            "shell": 'sqlite3 airports.db ".import sorted.csv airports"\n',
            "continue_on_error": True,
            "exit_codes": {"0": "OK", "3": "WARN"},
        },
        {"name": "quality", "command": ["check", "{scope}"], "for_each": ["EU", "NA"], "at_once": 2, "needs": []},
        {"name": "each", "command": ["check", "{scope}"], "for_each": "scopes", "needs": ["load", "quality"]},
        {"name": "undo", "python": "airports.read:undo", "when": "failed"},
    ],
    "then": [{"job": "airport-report", "on": "ended", "parameters": {"limit": "{parameters.limit}", "all": [1, None]}}],
    "retention": {"executions": "9d", "logs": "3d", "data": "1d", "count": 5},
}


def a_definition(**members: Any) -> dict[str, Any]:
    """A job of one step, with these members beside it or instead."""
    return {"job": "load", "steps": [{"name": "only", "shell": "true"}], **members}


def with_step(**members: Any) -> dict[str, Any]:
    """A job whose only step says this beside its name."""
    return a_definition(steps=[{"name": "only", **members}])


def with_parameter(**members: Any) -> dict[str, Any]:
    """A job with one parameter `x`."""
    return a_definition(parameters={"x": members})


def read(definition: Any) -> Job:
    """The job of a definition."""
    return read_job(definition, vocabulary=vocabulary())


def problems_of(definition: Any, **address: Any) -> dict[str, tuple[str, str]]:
    """What is wrong with it: code and detail of the first problem at each pointer. Empty when nothing is."""
    found: dict[str, tuple[str, str]] = {}
    try:
        read_job(definition, vocabulary=vocabulary(), **address)
    except InvalidDefinition as fault:
        for problem in fault.problems:
            found.setdefault(problem.pointer, (problem.code, problem.detail))
    return found
