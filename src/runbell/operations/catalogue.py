"""Jobs read once: a definition is parsed when its version is first met, and kept as long as the table agrees."""

from collections import OrderedDict
from typing import Any, Final, TypeVar

from runbell.domain.definition import read_job
from runbell.domain.execution import Execution
from runbell.domain.fault import Problem
from runbell.domain.faults import InvalidDefinition, NotFound
from runbell.domain.inclusion import CannotInclude, Included, expand
from runbell.domain.job import Job
from runbell.ports.job_table import JobRecord
from runbell.ports.store import Store

KEPT: Final = 2_000
K = TypeVar("K")
V = TypeVar("V")


class Catalogue:
    """Job records and parsed jobs. A record is trusted only while its revision is the one on the table."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.changes = 0
        """Grows whenever a job that was read before is met in another state."""
        self._records: OrderedDict[tuple[str, str], JobRecord] = OrderedDict()
        self._jobs: OrderedDict[tuple[int, int], Job] = OrderedDict()
        self._wholes: OrderedDict[tuple[Any, ...], Job] = OrderedDict()

    async def record(self, project: str, name: str) -> JobRecord:
        """The job as it stands. Raises NotFound for an unknown name (a retired job is still there)."""
        revision = await self._store.job_revision(project, name)
        known = self._records.get((project, name))
        if revision is not None and known is not None and known.revision == revision:
            return known
        fresh = await self._store.job(project, name) if revision is not None else None
        if fresh is None:
            raise no_job(name)
        if known is not None:
            self.changes += 1
        _keep(self._records, (project, name), fresh)
        return fresh

    async def current(self, project: str, name: str) -> tuple[JobRecord, Job]:
        """The record and its current version, for a start. Raises NotFound for unknown and for retired jobs."""
        record = await self.record(project, name)
        if record.retired_at is not None:
            raise NotFound(f"Job {name} was retired; PUT its definition again to revive it.")
        return record, await self.version(record, record.version)

    async def version(self, record: JobRecord, version: int) -> Job:
        """One version of a job, parsed. Raises NotFound when that version is not kept."""
        job = self._jobs.get((record.number, version))
        if job is None:
            definition = record.definition
            if version != record.version:
                kept = await self._store.definition(record.number, version)
                if kept is None:
                    raise NotFound(f"Job {record.name} has no version {version}; list those that are kept.")
                definition = kept
            job = read_job(definition, name=record.name, project=record.project, trusted_python=True)
            _keep(self._jobs, (record.number, version), job)
        return job

    async def of(self, execution: Execution) -> tuple[JobRecord, Job]:
        """The record and the very version that an execution names, with the steps of the jobs that it includes.

        Raises InvalidDefinition for an inclusion that cannot be carried out.
        """
        record = await self.record(execution.project, execution.job)
        job = await self.version(record, execution.job_version)
        if not job.included:
            return record, job
        chosen = tuple(sorted((execution.includes or {}).items()))
        known = (record.number, execution.job_version, chosen, execution.scopes)
        whole = self._wholes.get(known)
        if whole is None:
            whole = await self.whole(job, execution.includes, execution.scopes)
            _keep(self._wholes, known, whole)
        return record, whole

    async def inclusions(self, job: Job) -> dict[str, int] | None:
        """The current versions of all jobs that this one includes, and of those that they include; None without any.

        Raises InvalidDefinition for one that is not there.
        """
        found: dict[str, int] = {}
        todo = list(job.included)
        while todo:
            name = todo.pop()
            if name in found:
                continue
            try:
                record, other = await self.current(job.project, name)
            except NotFound:
                raise _broken(job, f"It includes the steps of job {name}, which is not there; define it.") from None
            found[name] = record.version
            todo += other.included
        return found or None

    async def whole(self, job: Job, includes: dict[str, int] | None, scopes: tuple[str, ...] | None) -> Job:
        """The job with every inclusion carried out, each in the version that `includes` names."""
        others = {}
        for name, version in (includes or {}).items():
            record = await self.record(job.project, name)
            others[name] = Included(await self.version(record, version), version, record.folder)
        try:
            return expand(job, others, scopes)
        except CannotInclude as refusal:
            raise _broken(job, str(refusal)) from None


def _broken(job: Job, said: str) -> InvalidDefinition:
    return InvalidDefinition(f"Job {job.name} cannot run: {said}", problems=(Problem("/steps", "inclusion", said),))


def no_job(name: str) -> NotFound:
    """The refusal for a job that is not there, or that the caller may not see: nobody can tell which."""
    return NotFound(f"There is no job {name}; list the jobs to see those there are.")


def _keep(kept: OrderedDict[K, V], key: K, value: V) -> None:
    kept[key] = value
    if len(kept) > KEPT:
        kept.popitem(last=False)
