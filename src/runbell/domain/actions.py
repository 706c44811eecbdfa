"""What a step does: one action, of a closed list of kinds."""

from typing import Any

from msgspec import Struct


class Command(Struct, frozen=True, tag="command"):
    """An argument vector. Each element is filled in and stays one argument; no shell."""

    argv: tuple[str, ...]


class Shell(Struct, frozen=True, tag="shell"):
    """A script for /bin/sh, only when asked for by name. Values arrive in the environment, never in the text."""

    script: str


class Python(Struct, frozen=True, tag="python"):
    """A function `module:function`. `takes_job` marks a function made a job by the `@job` decorator."""

    target: str
    takes_job: bool = False


class Include(Struct, frozen=True, tag="job"):
    """The steps of another job, run here as steps of this one. `parameters` may hold fill-ins of this job."""

    job: str
    parameters: dict[str, Any] = {}


class Child(Struct, frozen=True, tag="child"):
    """Another job, started as an execution of its own and waited for. `parameters` may hold fill-ins of this job."""

    job: str
    parameters: dict[str, Any] = {}


class Task(Struct, frozen=True, kw_only=True, tag="task"):
    """Work that the house does itself, of a kind `sql`, `check` or `http`.

    `body` are its members as they are, `filled` those in which fill-ins are filled in first. `connection` names the
    secret that holds the engine URL, `secrets` all that it needs, that one too.
    """

    kind: str
    body: dict[str, Any] = {}
    filled: dict[str, Any] = {}
    connection: str | None = None
    secrets: tuple[str, ...] = ()


Action = Command | Shell | Python | Include | Child | Task
