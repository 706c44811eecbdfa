"""Builders for the table: a job, a start, and executions brought to where a test needs them."""

from typing import Any

from runbell.assembly.vocabulary import vocabulary
from runbell.domain.execution import Error, Execution, Stop
from runbell.domain.ids import new_id
from runbell.domain.job import Job, WhenFull
from runbell.domain.status import ExitStatus, Status
from runbell.operations.define_job import known_by
from runbell.ports.job_table import JobRecord, PutJob
from runbell.ports.store import (
    Advance,
    AskToStop,
    Claim,
    ConfirmStop,
    Fail,
    FollowUpPlan,
    Idempotency,
    Lose,
    Ref,
    Start,
    Store,
    Succeed,
    Verdict,
)
from tests.builders import NOON, an_execution

OK = Succeed(ExitStatus("OK"))
BROKEN = Fail(Error(code="ERROR", detail="It broke."))
UNKNOWN = Lose(Error(code="LOST", detail="Its worker died."))


def a_put(name: str = "load", **fields: Any) -> PutJob:
    """A definition; its digest is that of its text unless said otherwise."""
    definition = fields.pop("definition", {"steps": []})
    job = Job(name=name, project=fields.get("project", "default"), ids=fields.pop("ids", {}))
    known: dict[str, Any] = {
        "project": "default",
        "name": name,
        "definition": definition,
        "digest": repr(definition),
        "enabled": True,
        "source": "api",
        "folder": None,
        "ids": known_by(job, vocabulary()),
        "numbered": tuple(name for name, words in vocabulary().items() if words.numbered),
        "at": NOON,
        "actor": "key:admin",
    }
    return PutJob(**(known | fields))


async def a_job(store: Store, name: str = "load", project: str = "default", **limits: Any) -> JobRecord:
    """A defined job with these limits."""
    return (await store.put_job(a_put(name, project=project, definition={"limits": limits}))).job


def fresh(job: JobRecord, **fields: Any) -> Execution:
    """An execution of the job that is not on the table yet."""
    at = fields.get("created_at", NOON)
    known = {"number": 0, "id": new_id(at), "project": job.project, "job": job.name, "job_version": job.version}
    return an_execution(**(known | fields))


def a_start(job: JobRecord, execution: Execution | None = None, **fields: Any) -> Start:
    """A start under the job's limits."""
    limits = job.definition.get("limits", {})
    known: dict[str, Any] = {
        "execution": execution or fresh(job),
        "job_number": job.number,
        "limit": limits.get("running"),
        "when_full": WhenFull(limits.get("when_full", "queue")),
    }
    return Start(**(known | fields))


def a_key(key: str = "k1", fingerprint: str = "f1", client: str = "key:admin", **members: str) -> Idempotency:
    """An Idempotency-Key with what it was sent for."""
    path = "/api/v1/jobs/load/executions"
    return Idempotency(client=client, path=path, key=key, fingerprint=fingerprint, members=members)


async def queued(store: Store, job: JobRecord, **fields: Any) -> Execution:
    """An accepted execution."""
    return (await store.start(a_start(job, fresh(job, **fields)))).execution


async def claimed(store: Store, execution: Execution, at: int = NOON) -> Execution:
    """The execution in the hands of a worker."""
    (taken,) = await store.claim([Claim(number=execution.number, worker="w1", at=at)])
    assert taken is not None
    return taken


async def running(store: Store, job: JobRecord, **fields: Any) -> Execution:
    """An execution that runs."""
    return await claimed(store, await queued(store, job, **fields))


async def ended(
    store: Store, execution: Execution, verdict: Verdict = OK, follow_ups: FollowUpPlan | None = None
) -> Execution:
    """The execution after its verdict."""
    return await store.advance(
        Advance(number=execution.number, epoch=execution.epoch, at=NOON + 100, verdict=verdict, follow_ups=follow_ups)
    )


async def asked_to_stop(store: Store, execution: Execution, mode: str = "graceful", at: int = NOON) -> Execution:
    """The execution after a request to stop it."""
    return await store.ask_to_stop(
        AskToStop(number=execution.number, mode=mode, reason="wrong day", actor="key:ops", grace_ms=5_000, at=at)
    )


def proof_of(execution: Execution) -> ConfirmStop:
    """The proof that nothing of it lives any more."""
    assert execution.stop is not None
    seen: Stop = execution.stop
    return ConfirmStop(
        Stop(
            mode=seen.mode,
            reason=seen.reason,
            requested_by=seen.requested_by,
            requested_at=seen.requested_at,
            deadline_at=seen.deadline_at,
            signalled_at=NOON + 1,
            process_gone_at=NOON + 2,
            proof="observed",
        )
    )


async def now(store: Store, execution: Execution) -> Execution:
    """The execution as it stands on the table."""
    found = await store.execution(execution.project, Ref(id=execution.id))
    assert found is not None
    return found


async def in_every_status(store: Store, job: JobRecord) -> dict[Status, Execution]:
    """One execution per status."""
    stopping = await asked_to_stop(store, await running(store, job))
    stopped = await asked_to_stop(store, await running(store, job))
    return {
        Status.SCHEDULED: await queued(store, job, status=Status.SCHEDULED, start_after=NOON + 1_000_000),
        Status.QUEUED: await queued(store, job),
        Status.RUNNING: await running(store, job),
        Status.STOPPING: stopping,
        Status.SUCCEEDED: await ended(store, await running(store, job)),
        Status.FAILED: await ended(store, await running(store, job), BROKEN),
        Status.STOPPED: await ended(store, stopped, proof_of(stopped)),
        Status.DISCARDED: await asked_to_stop(store, await queued(store, job)),
        Status.LOST: await ended(store, await running(store, job), UNKNOWN),
    }
