"""Compare: an execution with another one, or with its job as it is now. Bounded work, whatever the size of the logs."""

import asyncio
from typing import Any, Final

from msgspec import Struct, json

from runbell.domain.comparison import differing
from runbell.domain.execution import Execution, ResultRef, StepExecution
from runbell.domain.explanation import Difference
from runbell.domain.fault import Fault
from runbell.domain.identity import Actor
from runbell.domain.parameters import coerce
from runbell.domain.secrecy import SHOWN, shown
from runbell.operations import look
from runbell.operations.ports import Ports
from runbell.ports.artifacts import LogFilter
from runbell.ports.store import Ref

PAGE: Final = 2_000
MOST_LINES: Final = 20_000
LARGEST_RESULT: Final = 1 << 20
LONGEST_LINE: Final = 2_000


class Side(Struct, frozen=True):
    """One side: an execution, or (without one) the job as it is defined now."""

    job: str
    job_version: int
    execution: Execution | None = None


class StepPair(Struct, frozen=True):
    """One step on both sides; None where it did not run."""

    name: str
    scope: str | None
    before: StepExecution | None
    after: StepExecution | None


class LogDifference(Struct, frozen=True):
    """The first line that differs, after `compared` equal ones; None on the side that had ended."""

    compared: int
    before: str | None
    after: str | None


class Comparison(Struct, frozen=True, kw_only=True):
    """What differs. `log_complete`: the logs were compared to their end, or to the first difference."""

    before: Side
    after: Side
    definition: tuple[Difference, ...] = ()
    params: tuple[Difference, ...] = ()
    steps: tuple[StepPair, ...] = ()
    result: tuple[Difference, ...] = ()
    log: LogDifference | None = None
    log_complete: bool = True


async def with_current(ports: Ports, actor: Actor, ref: Ref) -> Comparison:
    """An execution beside its job as it is now: what a rerun as `current` would change. Raises NotFound, Gone."""
    it = await look.execution(ports, actor, ref)
    record = await ports.catalogue.record(it.project, it.job)
    then = await _definition(ports, it)
    try:
        job = await ports.catalogue.version(record, record.version)
        known = shown(it.params)
        secret = {name: value for name, value in known.items() if value is SHOWN}
        others = {name: value for name, value in known.items() if name not in secret}
        params = coerce([one for one in job.parameters if one.name not in secret], others) | secret
    except Fault:  # the recorded values do not fit any more: the definition says why
        params = shown(it.params)
    return Comparison(
        before=Side(it.job, it.job_version, it),
        after=Side(it.job, record.version),
        definition=differing(then, record.definition),
        params=differing(shown(it.params), params),
    )


async def with_other(ports: Ports, actor: Actor, ref: Ref, other: Ref) -> Comparison:
    """Two executions, of one job or of two. Raises NotFound, Gone."""
    before, after = await look.execution(ports, actor, ref), await look.execution(ports, actor, other)
    log, complete = await _logs(ports, before, after)
    same = (before.job, before.job_version) == (after.job, after.job_version)
    return Comparison(
        before=Side(before.job, before.job_version, before),
        after=Side(after.job, after.job_version, after),
        definition=() if same else differing(await _definition(ports, before), await _definition(ports, after)),
        params=differing(shown(before.params), shown(after.params)),
        steps=_steps(await ports.store.steps(before.number), await ports.store.steps(after.number)),
        result=differing(await _result(ports, before), await _result(ports, after)),
        log=log,
        log_complete=complete,
    )


async def _definition(ports: Ports, execution: Execution) -> dict[str, Any]:
    record = await ports.catalogue.record(execution.project, execution.job)
    if execution.job_version == record.version:
        return record.definition
    return await ports.store.definition(record.number, execution.job_version) or {}


def _steps(before: list[StepExecution], after: list[StepExecution]) -> tuple[StepPair, ...]:
    """The last attempt of every step, side by side."""
    mine = {(row.name, row.scope): row for row in before}
    theirs = {(row.name, row.scope): row for row in after}
    return tuple(StepPair(*at, mine.get(at), theirs.get(at)) for at in dict.fromkeys([*mine, *theirs]))


async def _result(ports: Ports, execution: Execution) -> Any:
    """The value; of one that is too large to compare, what identifies it."""
    ref: ResultRef | None = execution.result
    if ref is None:
        return None
    if ref.inline is not None:
        return json.decode(ref.inline)
    kept = await ports.artifacts.result(execution.id, ref.file or "") if ref.size <= LARGEST_RESULT else None
    return json.decode(kept) if kept is not None else f"(a result of {ref.size} bytes)"


async def _logs(ports: Ports, before: Execution, after: Execution) -> tuple[LogDifference | None, bool]:
    """The first line that differs, by text; at most MOST_LINES are looked at."""
    seen = 0
    while seen < MOST_LINES:
        wanted = LogFilter(after_line=seen, limit=PAGE)
        mine, theirs = await asyncio.gather(
            ports.artifacts.log(before.id, wanted), ports.artifacts.log(after.id, wanted)
        )
        for one, other in zip(mine.lines, theirs.lines, strict=False):
            if (one.step, one.text) != (other.step, other.text):
                return LogDifference(seen, _line(one.text), _line(other.text)), True
            seen += 1
        common = min(len(mine.lines), len(theirs.lines))
        if mine.end and len(theirs.lines) > common:
            return LogDifference(seen, None, _line(theirs.lines[common].text)), True
        if theirs.end and len(mine.lines) > common:
            return LogDifference(seen, _line(mine.lines[common].text), None), True
        if common == 0 or (mine.end and theirs.end):
            return None, True
    return None, False


def _line(text: str) -> str:
    return text if len(text) <= LONGEST_LINE else f"{text[:LONGEST_LINE]}…"
