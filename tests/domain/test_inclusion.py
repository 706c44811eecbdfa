"""Jobs with the steps of other jobs in them: what stands where, what waits for what, and what is refused."""

from typing import Any

import pytest

from runbell.domain.inclusion import CannotInclude, Included, expand
from runbell.domain.job import Job
from runbell.domain.plan import Broken, Done, outlook, plan
from runbell.domain.restart import CannotRestart, reused_steps
from runbell.domain.status import StepStatus
from tests.builders import NOON, a_row
from tests.domain.definitions import read_job


def a_job(name: str, *steps: dict[str, Any] | str, **members: Any) -> Job:
    spelled = [{"name": step, "command": ["true"]} if isinstance(step, str) else step for step in steps]
    return read_job({"job": name, "steps": spelled, **members})


def whole(outer: Job, *inner: Job, scopes: tuple[str, ...] | None = None) -> Job:
    return expand(outer, {job.name: Included(job, 1, None) for job in inner}, scopes)


INNER = a_job("inner", "first", "second")
SITES = {"name": "sites", "job": "inner", "for_each": ["DE", "FR"]}


def starts(job: Job, *rows: Any) -> list[tuple[str, str | None]]:
    return [(row.name, row.scope) for row in plan(job, None, rows, NOON, "seed").start]


def test_the_steps_come_once_per_scope_and_scope_after_scope() -> None:
    job = whole(a_job("outer", "before", SITES, "after"), INNER)
    listed = [(row.name, row.scope) for row in outlook(job, None, [], ended=False)]
    assert listed == [
        ("before", None),
        ("sites - first", "DE"), ("sites - second", "DE"),
        ("sites - first", "FR"), ("sites - second", "FR"),
        ("after", None),
    ]  # fmt: skip
    done: list[Any] = []
    order: list[Any] = []
    while begun := starts(job, *done):
        order += begun
        done += [a_row(name, scope=scope) for name, scope in begun]
    assert order == listed
    assert isinstance(plan(job, None, done, NOON, "seed").verdict, Done)


def test_several_scopes_side_by_side() -> None:
    job = whole(a_job("outer", SITES | {"at_once": 2}), INNER)
    assert starts(job) == [("sites - first", "DE"), ("sites - first", "FR")]


def test_scopes_of_the_job_are_those_of_the_start() -> None:
    outer = a_job("outer", {"name": "sites", "job": "inner", "for_each": "scopes"}, scopes=["A", "B"])
    assert [step.copy for step in whole(outer, INNER, scopes=("B",)).steps] == ["B", "B"]


def test_a_failed_scope_ends_the_run() -> None:
    job = whole(a_job("outer", SITES, "after"), INNER)
    failed = a_row("sites - first", StepStatus.FAILED, scope="DE")
    assert isinstance(plan(job, None, [failed], NOON, "seed").verdict, Broken)


def test_a_forgiven_scope_ends_its_own_steps_and_nothing_else() -> None:
    job = whole(a_job("outer", SITES | {"continue_on_error": True}, "after"), INNER)
    failed = a_row("sites - first", StepStatus.FAILED, scope="DE")
    assert starts(job, failed) == [("sites - first", "FR")]
    fr = [a_row("sites - first", scope="FR"), a_row("sites - second", scope="FR")]
    assert starts(job, failed, *fr) == [("after", None)]
    verdict = plan(job, None, [failed, *fr, a_row("after")], NOON, "seed").verdict
    assert isinstance(verdict, Done)
    assert verdict.exit_status.code == "WARN"


def test_inclusions_may_be_nested() -> None:
    middle = a_job("middle", {"name": "deep", "job": "inner"}, "own")
    job = whole(a_job("outer", {"name": "top", "job": "middle"}), middle, INNER)
    assert [step.name for step in job.steps] == ["top - deep - first", "top - deep - second", "top - own"]
    frame = job.steps[0].frame
    assert frame is not None and frame.above is not None
    assert (frame.job, frame.prefix, frame.above.job) == ("inner", "top - deep - ", "middle")


def test_a_restart_goes_on_in_the_scope_that_broke() -> None:
    job = whole(a_job("outer", SITES, "after"), INNER)
    rows = [
        a_row("sites - first", scope="DE"), a_row("sites - second", scope="DE"), a_row("sites - first", scope="FR"),
        a_row("sites - second", StepStatus.FAILED, scope="FR"),
    ]  # fmt: skip
    reused = [(row.name, row.scope) for row in reused_steps(job, rows, "e1", None)]
    assert reused == [("sites - first", "DE"), ("sites - second", "DE"), ("sites - first", "FR")]
    assert reused_steps(job, rows, "e1", "sites") == ()
    with pytest.raises(CannotRestart, match="needs sites - second"):
        reused_steps(job, rows, "e1", "after")


def test_what_cannot_be_included_is_refused_with_a_sentence() -> None:
    outer = a_job("outer", SITES)
    with pytest.raises(CannotInclude, match="job inner, which is not there"):
        whole(outer)
    each = a_job("inner", {"name": "a", "command": ["true"], "for_each": ["x"]})
    with pytest.raises(CannotInclude, match="has a `for_each`, and so has sites"):
        whole(outer, each)
    python = read_job(
        {"job": "inner", "steps": [{"name": "a", "python": "m:f", "takes_job": True}]}, trusted_python=True
    )
    with pytest.raises(CannotInclude, match="is a Python function"):
        whole(outer, python)
    ring = a_job("inner", {"name": "again", "job": "inner2"})
    back = a_job("inner2", {"name": "again", "job": "inner"})
    with pytest.raises(CannotInclude, match="levels deep"):
        whole(outer, ring, back)
