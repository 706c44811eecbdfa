"""A job with the steps of other jobs in it: what it is once they stand where they were asked for.

A step that includes job J is replaced by J's steps, called "Outer - Inner". With `for_each` there is a copy of them per
scope, one scope after the other (`at_once` of them side by side). What it needed, its first steps need; whoever needed
it needs all of them. Which versions are included is decided when an execution is accepted, and never again.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct, structs

from runbell.domain.actions import Include, Python
from runbell.domain.job import Frame, Job, Step, When

DEEPEST: Final = 5
MOST_STEPS: Final = 10_000


class CannotInclude(ValueError):  # noqa: N818 - an answer, not a defect
    """A job cannot stand in another one; the text says why, and what to do."""


class Included(Struct, frozen=True):
    """A job that is included: the version that was chosen, and the folder of its file."""

    job: Job
    version: int
    folder: str | None


def expand(
    job: Job, others: Mapping[str, Included], scopes: Sequence[str] | None = None, above: Frame | None = None
) -> Job:
    """The job with every inclusion carried out. `scopes` are those of `for_each: scopes`. Raises CannotInclude."""
    chosen = job.scopes if scopes is None else tuple(scopes)
    steps: list[Step] = []
    keys: dict[str, tuple[str, ...]] = {}
    for step in job.steps:
        placed = _placed(step, others, chosen, keys, above)
        keys[step.name] = tuple(one.key for one in placed)
        steps += placed
        if len(steps) > MOST_STEPS:
            raise CannotInclude(f"With all that it includes, job {job.name} has over {MOST_STEPS} steps; split it.")
    return structs.replace(job, steps=tuple(structs.replace(step, needs=_spread(step.needs, keys)) for step in steps))


def _spread(needs: tuple[str, ...], keys: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(key for need in needs for key in keys.get(need, (need,)))


def _placed(
    step: Step,
    others: Mapping[str, Included],
    chosen: tuple[str, ...],
    keys: Mapping[str, tuple[str, ...]],
    above: Frame | None,
) -> list[Step]:
    """The step itself, or the steps that come in its place."""
    if not isinstance(step.action, Include):
        return [step]
    other = others.get(step.action.job)
    if other is None:
        raise CannotInclude(f"Step {step.name} includes job {step.action.job}, which is not there; define it.")
    frame = Frame(
        job=other.job.name, version=other.version, outer=step.name, prefix=f"{step.name} - ",
        parameters=other.job.parameters, given=step.action.parameters, env=other.job.env,
        secrets=other.job.secrets, folder=other.folder,
        above=above,
    )  # fmt: skip
    if _depth(frame) > DEEPEST:
        raise CannotInclude(f"Jobs include each other more than {DEEPEST} levels deep; take a level out.")
    inner = expand(other.job, others, None, frame)
    scopes: Sequence[str | None] = (None,)
    if step.for_each is not None:
        scopes = chosen if step.for_each == "scopes" else step.for_each
    placed: list[Step] = []
    rounds: list[tuple[str, ...]] = []
    for scope in scopes:
        before = rounds[-step.at_once] if len(rounds) >= step.at_once else ()
        one = [_copy(it, step, inner, frame, scope, (*_spread(step.needs, keys), *before)) for it in inner.steps]
        rounds.append(tuple(it.key for it in one))
        placed += one
    return placed


def _copy(it: Step, outer: Step, inner: Job, frame: Frame, scope: str | None, first: tuple[str, ...]) -> Step:
    """One step of the included job, for one scope of the step that includes it."""
    if isinstance(it.action, Python) and it.action.takes_job:
        raise CannotInclude(f"Job {inner.name} is a Python function; name it in `then`, or call it from a step.")
    if scope is not None and (it.for_each is not None or it.copy is not None):
        raise CannotInclude(f"Step {it.name} of job {inner.name} has a `for_each`, and so has {outer.name}; leave one.")
    copy = it.copy if scope is None else scope
    each = it.for_each if scope is None else (scope,)
    suffix = "" if scope is None else f"\n{scope}"
    return structs.replace(
        it,
        name=frame.prefix + it.name,
        copy=copy,
        for_each=inner.scopes if each == "scopes" else each,
        needs=tuple(frame.prefix + need + suffix for need in it.needs) or first,
        when=outer.when if not it.needs and it.when is When.SUCCEEDED else it.when,
        frame=structs.replace(it.frame, prefix=frame.prefix + it.frame.prefix) if it.frame is not None else frame,
        forgiven=it.forgiven or outer.continue_on_error,
    )


def _depth(frame: Frame | None) -> int:
    return 0 if frame is None else 1 + _depth(frame.above)
