"""Define a job, or retire it. All three ways of writing a job end here."""

from typing import Any

from runbell.domain.actions import Child, Include
from runbell.domain.definition import digest, read_job
from runbell.domain.fault import Problem
from runbell.domain.faults import InvalidDefinition, NotFound
from runbell.domain.identity import Actor
from runbell.domain.inclusion import CannotInclude, Included, expand
from runbell.domain.job import Job
from runbell.domain.pointer import pointer as as_pointer
from runbell.domain.secrecy import handed_over_openly
from runbell.domain.vocabulary import Vocabulary
from runbell.operations.catalogue import no_job
from runbell.operations.ports import Ports
from runbell.operations.start_child import handed_over
from runbell.operations.timed import timed
from runbell.ports.job_table import ForeignId, JobPut, JobRecord, PutJob, RetireJob
from runbell.ports.schedule_table import Standing


async def put(
    ports: Ports,
    actor: Actor,
    name: str,
    definition: dict[str, Any],
    *,
    if_revision: int | None = None,
    source: str = "api",
    folder: str | None = None,
    together: dict[str, Job] | None = None,
    loaded: bool | None = None,
    action: str = "jobs.put",
) -> JobPut:
    """Make `definition` the current version of job `name`; the same content makes no new version.

    `source` is api, file or python; what was loaded from a folder is applied again only when its content changed.
    `together` are the jobs of the same load, which follow-ups may name. `loaded` False: by somebody who changes a part
    of what was loaded. Raises InvalidDefinition, RevisionMismatch.
    """
    _reached(actor, name)
    job = read_job(
        definition, name=name, project=actor.project, trusted_python=source == "python", vocabulary=ports.vocabulary
    )
    await _check_follow_ups(ports, job, together or {})
    await _check_inclusions(ports, job, together or {})
    await _check_children(ports, job, together or {})
    now = ports.clock.now()
    made = await ports.store.put_job(
        PutJob(
            project=actor.project,
            name=name,
            definition=definition,
            digest=digest(definition),
            enabled=job.enabled,
            source=source,
            folder=folder,
            ids=known_by(job, ports.vocabulary),
            numbered=tuple(dialect for dialect, words in ports.vocabulary.items() if words.numbered),
            at=now,
            actor=actor.client,
            loaded=source != "api" if loaded is None else loaded,
            if_revision=if_revision,
            by_api=job.starts != "schedule",
            schedule=timed(ports, job, now, await _standing(ports, job)),
            schedules=ports.rota.most,
            audit=actor.did(action, name, now),
        )
    )
    ports.rota.ring()
    return made


async def _standing(ports: Ports, job: Job) -> Standing | None:
    """The schedule as it stands before the change."""
    if job.schedule is None:
        return None
    try:
        record = await ports.catalogue.record(job.project, job.name)
    except NotFound:
        return None
    return await ports.store.schedule(record.number)


def known_by(job: Job, vocabulary: Vocabulary) -> tuple[ForeignId, ...]:
    """All that clients of the dialects know the job by: the ids it claims, and what else is an id in a dialect."""
    claimed = [
        ForeignId(dialect, value, vocabulary[dialect].scope(job.project), vocabulary[dialect].numbered)
        for dialect, value in job.ids.items()
    ]
    also = [
        ForeignId(also_by(dialect, words.also), said, words.scope(job.project))
        for dialect, words in vocabulary.items()
        if words.also is not None and (said := job.dialects.get(dialect, {}).get(words.also))
    ]
    return (*claimed, *also)


def also_by(dialect: str, word: str) -> str:
    """How the table of foreign ids calls another kind of id in a dialect."""
    return f"{dialect}.{word}"


async def doubts(ports: Ports, project: str, definition: dict[str, Any]) -> list[str]:
    """What a definition names and is not there (yet): no fault, since it may come, but worth a word."""
    names = (definition.get("notify") or {}).get("webhooks") or ()
    return [
        f"`notify` names the webhook {name}, which is not there yet; make it, or nobody is told."
        for name in names
        if await ports.store.endpoint(project, name) is None
    ]


async def retire(ports: Ports, actor: Actor, name: str, *, if_revision: int | None = None) -> JobRecord:
    """No new starts; its history stays, and a new `put` revives it. Raises NotFound, RevisionMismatch."""
    _reached(actor, name)
    now = ports.clock.now()
    audit = actor.did("jobs.retire", name, now)
    return await ports.store.retire_job(
        RetireJob(project=actor.project, name=name, at=now, if_revision=if_revision, audit=audit)
    )


def _reached(actor: Actor, name: str) -> None:
    """A job beyond the actor's rights is one that is not there."""
    if not actor.reaches(name):
        raise no_job(name)


async def _check_follow_ups(ports: Ports, job: Job, together: dict[str, Job]) -> None:
    """Every follow-up is a job that exists, and no chain of them leads back to where it began."""
    problems = []
    for place, follow_up in enumerate(job.then):
        pointer = f"/then/{place}/job"
        chain = await _chain_back(ports, job, follow_up.job, together)
        if chain is None:
            said = f"There is no job {follow_up.job}; define it first, or in the same load."
            problems.append(Problem(pointer, "unknown_job", said))
        elif chain:
            said = f"This leads back to {job.name} ({' → '.join(chain)}); follow-ups must not form a circle."
            problems.append(Problem(pointer, "cycle", said))
        elif (taker := together.get(follow_up.job) or await _defined(ports, job.project, follow_up.job)) is not None:
            problems += [
                Problem(f"/then/{place}/parameters{as_pointer(name)}", code, f"{said}.")
                for name, code, said in handed_over_openly(job, follow_up.parameters, taker)
            ]
    if problems:
        raise InvalidDefinition(f"Job {job.name} cannot be run as written.", problems=tuple(problems))


async def _check_children(ports: Ports, job: Job, together: dict[str, Job]) -> None:
    """Every job that a step starts exists, may be given what it gets, and never leads back to this one."""
    for place, step in enumerate(job.steps):
        if not isinstance(step.action, Child):
            continue
        taker = together.get(step.action.job) or await _defined(ports, job.project, step.action.job)
        problems: list[Problem] = []
        if taker is None and step.action.job != job.name:
            said = f"There is no job {step.action.job}; define it first, or in the same load."
            problems.append(Problem(f"/steps/{place}/job", "unknown_job", said))
        elif taker is None or await _starts(ports, taker, job.name, together):
            said = f"Its steps lead back to {job.name}; a job must not wait for itself."
            problems.append(Problem(f"/steps/{place}/job", "cycle", said))
        else:
            problems += [
                Problem(f"/steps/{place}/parameters{as_pointer(name)}", code, f"{said}.")
                for name, code, said in handed_over_openly(job, handed_over(job, taker, step.action.parameters), taker)
            ]
        if problems:
            raise InvalidDefinition(f"Job {job.name} cannot be run as written.", problems=tuple(problems))


async def _starts(ports: Ports, first: Job, name: str, together: dict[str, Job]) -> bool:
    """Whether `first`, or a job that it starts or includes, is or starts job `name`."""
    todo = [first]
    seen: set[str] = set()
    while todo:
        job = todo.pop()
        if job.name == name:
            return True
        for other in {*job.children, *job.included} - seen:
            seen.add(other)
            found = together.get(other) or await _defined(ports, first.project, other)
            todo += [found] if found is not None else []
    return False


async def _check_inclusions(ports: Ports, job: Job, together: dict[str, Job]) -> None:
    """Every job whose steps are included exists, can stand here, and does not include this one."""
    others: dict[str, Included] = {}
    for place, step in enumerate(job.steps):
        if isinstance(step.action, Include):
            said = await _why_not(ports, job, step.action.job, together, others)
            if said is not None:
                raise InvalidDefinition(
                    f"Job {job.name} cannot be run as written.",
                    problems=(Problem(f"/steps/{place}/job", "inclusion", said),),
                )
    try:
        expand(job, others)
    except CannotInclude as refusal:
        problem = Problem("/steps", "inclusion", str(refusal))
        raise InvalidDefinition(f"Job {job.name} cannot be run as written.", problems=(problem,)) from None


async def _why_not(
    ports: Ports, job: Job, first: str, together: dict[str, Job], others: dict[str, Included]
) -> str | None:
    """Why the steps of job `first` cannot stand in `job`; notes it, and what it includes, in `others`."""
    todo = [first]
    while todo:
        name = todo.pop()
        if name == job.name:
            return f"Its steps lead back to {job.name}; jobs must not include each other in a circle."
        if name in others:
            continue
        other = together.get(name) or await _defined(ports, job.project, name)
        if other is None:
            return f"There is no job {name}; define it first, or in the same load."
        others[name] = Included(other, 0, None)
        todo += other.included
    return None


async def _chain_back(ports: Ports, job: Job, first: str, together: dict[str, Job]) -> list[str] | None:
    """The chain of follow-ups from `job` by way of `first` back to it; empty when there is none, None if unknown."""
    paths = [[job.name, first]]
    seen: set[str] = set()
    while paths:
        path = paths.pop()
        name = path[-1]
        if name == job.name:
            return path
        if name in seen:
            continue
        seen.add(name)
        other = together.get(name) or await _defined(ports, job.project, name)
        if other is None and name == first:
            return None
        paths += [[*path, follow_up.job] for follow_up in (other.then if other else ())]
    return []


async def _defined(ports: Ports, project: str, name: str) -> Job | None:
    try:
        return (await ports.catalogue.current(project, name))[1]
    except NotFound:
        return None
