"""Plans, explanations and comparisons → the native shapes."""

from collections.abc import Iterable

from msgspec import UNSET

from runbell.dialects.native import execution_wire as wire
from runbell.dialects.native.plan_shapes import (
    BlockedShape,
    ChangedShape,
    DifferenceShape,
    DiffShape,
    ExplanationShape,
    LogDifferenceShape,
    PlanShape,
    RestartShape,
    SideShape,
    StepDifferenceShape,
    StepNowShape,
    UsualShape,
    ValueShape,
)
from runbell.dialects.native.words import STATUS, STEP_STATUS
from runbell.domain.exact import exact
from runbell.domain.execution import StepExecution
from runbell.domain.explanation import Changed, Difference, RestartOutlook, StepNow
from runbell.domain.sight import Sight
from runbell.domain.usual import Usual, slower_than
from runbell.http.times import rfc3339
from runbell.operations.compare import Comparison, Side
from runbell.operations.explain import Explanation
from runbell.operations.identify import Principal
from runbell.operations.plan_start import Plan


def plan(it: Plan, ignored: list[str]) -> PlanShape:
    """What would happen."""
    return PlanShape(
        job=it.job,
        job_version=it.job_version,
        params={name: ValueShape(wire.shown_param(each.value), each.source) for name, each in it.params.items()},  # type: ignore[arg-type]
        would=it.would,
        code=it.code,
        why=it.why,
        expected_start=_time(it.expected_start),
        expected_duration_ms=_usual(it.usual),
        idempotency=it.idempotency,
        execution=None if it.execution is None else f"{wire.ROOT}{wire.PREFIX}{it.execution}",
        reused_steps=UNSET if it.reused_steps is None else it.reused_steps,
        rerun_steps=UNSET if it.rerun_steps is None else it.rerun_steps,
        diff=UNSET if it.diff is None else _differences(it.diff),
        ignored=ignored or UNSET,
    )


def explanation(it: Explanation, sees: Sight, now: int) -> ExplanationShape:
    """Why it stands where it stands, as far as it is shown to whoever `sees` that much."""
    execution, prospect = it.execution, it.prospect
    own = wire.address(execution)
    return ExplanationShape(
        execution=wire.PREFIX + execution.id,
        number=execution.number,
        job=execution.job,
        status=STATUS[execution.status],  # type: ignore[arg-type]
        summary=it.summary,
        blocked_by=tuple(
            BlockedShape(each.code, each.detail, rfc3339(each.since), each.unblock)  # type: ignore[arg-type]
            for each in prospect.blocked_by
        ),
        position=prospect.position,
        expected_start=_time(prospect.expected_start),
        usual_ms=_usual(it.usual),
        slower_than_usual=it.slower_than_usual,
        step=None if it.step is None else _step(it.step, now),
        first_failed_step=it.first_failed_step,
        log_tail=it.log_tail if sees.logs else (),
        changed_since_last_success=None if it.changed is None else _changed(it.changed),
        restart=None if it.restart is None else _restart(it.restart),
        next_fire=_time(it.next_fire),
        links={"self": f"{own}/explain", "execution": own, "logs": f"{own}/logs", "diff": f"{own}/diff"},
    )


def comparison(it: Comparison, principal: Principal, project: str) -> DiffShape:
    """What differs, as far as the caller may see it: its jobs:read, results:read and logs:read count here too."""
    jobs = {it.before.job, it.after.job}
    definitions = all(principal.holds("jobs:read", project, job) for job in jobs)
    sights = [principal.sight(project, job) for job in jobs]
    results, logs = all(sees.results for sees in sights), all(sees.logs for sees in sights)
    log = it.log if logs else None
    return DiffShape(
        before=_side(it.before),
        after=_side(it.after),
        definition=_differences(it.definition, values=definitions),
        params=_differences(it.params),
        steps=tuple(
            StepDifferenceShape(
                pair.name, pair.scope, _took(pair.before), _took(pair.after), _word(pair.before), _word(pair.after)
            )
            for pair in it.steps
        ),
        result=_differences(it.result) if results else (),
        log=None if log is None else LogDifferenceShape(log.compared, log.before, log.after),
        log_complete=it.log_complete and logs,
    )


def _differences(found: Iterable[Difference], *, values: bool = True) -> tuple[DifferenceShape, ...]:
    if not values:
        return tuple(DifferenceShape(each.pointer) for each in found)
    return tuple(DifferenceShape(each.pointer, exact(each.before), exact(each.after)) for each in found)


def _side(side: Side) -> SideShape:
    it = side.execution
    if it is None:
        return SideShape(None, None, side.job, side.job_version, None, None)
    took = None if it.started_at is None or it.ended_at is None else it.ended_at - it.started_at
    return SideShape(wire.PREFIX + it.id, it.number, side.job, side.job_version, STATUS[it.status], took)  # type: ignore[arg-type]


def _step(it: StepNow, now: int) -> StepNowShape:
    row = it.row
    began = row.started_at
    took = None if began is None else (row.ended_at or now) - began
    return StepNowShape(
        name=row.name,
        scope=row.scope,
        attempt=row.attempt,
        status=STEP_STATUS[row.status],
        started_at=_time(began),
        next_attempt_at=_time(row.not_before),
        duration_ms=took,
        usual_ms=None if it.usual is None else it.usual.p50,
        slower_than_usual=None if took is None else slower_than(it.usual, took),
    )


def _changed(it: Changed) -> ChangedShape:
    return ChangedShape(wire.PREFIX + it.execution, it.number, it.definition, it.params, it.host)


def _restart(it: RestartOutlook) -> RestartShape:
    return RestartShape(it.possible, it.safe, it.why, it.reused_steps, it.rerun_steps)


def _usual(it: Usual | None) -> UsualShape | None:
    return None if it is None else UsualShape(it.p50, it.p95, it.runs)


def _took(row: StepExecution | None) -> int | None:
    if row is None or row.started_at is None or row.ended_at is None:
        return None
    return row.ended_at - row.started_at


def _word(row: StepExecution | None) -> str | None:
    return None if row is None else STEP_STATUS[row.status]


def _time(moment: int | None) -> str | None:
    return None if moment is None else rfc3339(moment)
