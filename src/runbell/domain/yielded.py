"""What the steps of an execution left, each under a name by which it is asked for.

A set or file is called as the step called it, a set without a name as its step; behind it `:SCOPE` when the step runs
per scope; `#2`, `#3`, … when the name is taken by one before it, in the order of the job file. Of a step that was tried
again only the last attempt counts. While an execution runs, a step that comes earlier in the file may still move a `#`.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from runbell.domain.data import OutputFile, RowSet, parts
from runbell.domain.execution import StepExecution
from runbell.domain.restart import FINISHED

_NOBODY: Final = frozenset({"", ".", ".."})
"""Names that a path cannot hold."""


class Whence(Struct, frozen=True, kw_only=True):
    """The step execution that left something; `reused_from` is the execution that really ran it."""

    step: str
    scope: str | None
    attempt: int
    reused_from: str | None


class LeftRows(Struct, frozen=True, kw_only=True):
    """A set of rows and the name it goes by in its execution."""

    name: str
    whence: Whence
    rows: RowSet


class LeftFile(Struct, frozen=True, kw_only=True):
    """A file and the name it goes by in its execution."""

    name: str
    whence: Whence
    file: OutputFile


class AllLeft(Struct, frozen=True):
    """All that the steps of one execution left, in the order of the job file."""

    results: tuple[LeftRows, ...] = ()
    exceptions: tuple[LeftRows, ...] = ()
    files: tuple[LeftFile, ...] = ()


def all_left(rows: Sequence[StepExecution]) -> AllLeft:
    """What the last attempts of these step executions left; `rows` stand in the order of the job file."""
    results: dict[str, LeftRows] = {}
    exceptions: dict[str, LeftRows] = {}
    files: dict[str, LeftFile] = {}
    for row in last_attempts(rows):
        origin = whence(row)
        for one in row.data:
            if isinstance(one, OutputFile):
                name = _free(one.name, row.scope, files)
                files[name] = LeftFile(name=name, whence=origin, file=one)
            elif isinstance(one, RowSet):
                sets = results if one.kind == "result" else exceptions
                name = _free(one.name if one.name is not None else row.name, row.scope, sets)
                sets[name] = LeftRows(name=name, whence=origin, rows=one)
    return AllLeft(tuple(results.values()), tuple(exceptions.values()), tuple(files.values()))


def whence(row: StepExecution) -> Whence:
    """The step execution, as those who left something are named."""
    return Whence(step=row.name, scope=row.scope, attempt=row.attempt, reused_from=row.reused_from)


def last_attempts(rows: Iterable[StepExecution]) -> list[StepExecution]:
    """The last attempt of each step and scope, in the order in which they come first."""
    latest: dict[tuple[str, str | None], StepExecution] = {}
    for row in rows:
        place = (row.name, row.scope)
        if place not in latest or latest[place].attempt < row.attempt:
            latest[place] = row
    return list(latest.values())


def named_files(rows: Sequence[StepExecution]) -> frozenset[str]:
    """The files of the execution's data that anybody can still ask for, or a restart can go on from."""
    counting = [*last_attempts(rows), *(row for row in rows if row.status in FINISHED)]
    return frozenset(name for row in counting for name in parts(row.data))


def by_reason(sets: Iterable[LeftRows]) -> dict[str, int]:
    """How many exception records there are of each reason, the most frequent first."""
    counts: dict[str, int] = {}
    for one in sets:
        for reason, count in one.rows.reasons.items():
            counts[reason] = counts.get(reason, 0) + count
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _free(own: str, scope: str | None, taken: Iterable[str]) -> str:
    """The name in a form that a path can hold, and that no other has."""
    plain = "".join(" " if ord(sign) < 32 or 127 <= ord(sign) < 160 else sign for sign in own)
    named = plain if scope is None else f"{plain}:{scope}"
    name, number = (f"{named}#1", 1) if named in _NOBODY else (named, 1)
    while name in taken:
        number += 1
        name = f"{named}#{number}"
    return name
