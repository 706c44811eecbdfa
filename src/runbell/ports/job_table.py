"""What is asked of a database about jobs and their versions. Times are epoch milliseconds."""

from typing import Any, Protocol

from msgspec import Struct

from runbell.domain.audit import Entry
from runbell.ports.schedule_table import Timed


class JobRecord(Struct, frozen=True, kw_only=True):
    """A job as it stands on the table. `definition` is the JSON object as it was applied.

    `by_api`: a start over the API is taken; False while it runs on its schedule only.
    """

    number: int
    id: str
    project: str
    name: str
    version: int
    revision: int
    enabled: bool
    paused: bool
    retired_at: int | None
    source: str
    folder: str | None
    definition: dict[str, Any]
    created_at: int
    updated_at: int
    by_api: bool = True


class JobVersion(Struct, frozen=True, kw_only=True):
    """One version of a job's definition."""

    version: int
    created_at: int
    created_by: str
    definition: dict[str, Any]


class ForeignId(Struct, frozen=True):
    """What clients of a dialect know a job by. `scope`: the project within which it is unique; empty: the server.

    `numbered`: to them a job without an id of theirs goes by our number, so that this number is taken, too.
    """

    dialect: str
    value: int | str
    scope: str
    numbered: bool = False


class PutJob(Struct, frozen=True, kw_only=True):
    """Define a job. Same digest as the current version: no new version.

    `loaded` is True for files: then the content also has to differ from what was last loaded, or nothing happens
    (the last writer wins). `ids` are the foreign ids that the job claims; `numbered`: the dialects in which a new job
    goes by its number, which must not be an id of another job there. `if_revision` guards the write. `by_api`: the API
    may start it; `schedule`: when it starts by itself; `schedules`: how many a project may have.
    """

    project: str
    name: str
    definition: dict[str, Any]
    digest: str
    enabled: bool
    source: str
    folder: str | None
    ids: tuple[ForeignId, ...]
    at: int
    actor: str
    numbered: tuple[str, ...] = ()
    loaded: bool = False
    if_revision: int | None = None
    by_api: bool = True
    schedule: Timed | None = None
    schedules: int = 1_000
    audit: Entry | None = None


class JobPut(Struct, frozen=True):
    """What came of it."""

    job: JobRecord
    created: bool
    changed: bool


class RetireJob(Struct, frozen=True, kw_only=True):
    """Take a job out of service."""

    project: str
    name: str
    at: int
    if_revision: int | None = None
    audit: Entry | None = None


class PauseJob(Struct, frozen=True, kw_only=True):
    """Hold a job's executions back (`paused`), or let them go again."""

    project: str
    name: str
    paused: bool
    at: int
    audit: Entry | None = None


class JobTable(Protocol):
    """Jobs as they stand, and every version of them that is kept.

    `job_by_id` finds a job by the id that clients of a dialect know it by; `project` None: one that is unique in the
    whole server. `job_by_number` is for dialects in which jobs have numbers.
    """

    async def put_job(self, put: PutJob) -> JobPut: ...
    async def retire_job(self, asked: RetireJob) -> JobRecord: ...
    async def pause_job(self, asked: PauseJob) -> JobRecord: ...
    async def job(self, project: str, name: str) -> JobRecord | None: ...
    async def job_by_id(self, dialect: str, value: str, project: str | None) -> JobRecord | None: ...
    async def job_by_uuid(self, job_id: str) -> JobRecord | None: ...
    async def job_by_number(self, number: int) -> JobRecord | None: ...
    async def job_revision(self, project: str, name: str) -> int | None: ...
    async def jobs(self, project: str, after: str, limit: int) -> list[JobRecord]: ...
    async def versions(self, job_number: int, before: int | None, limit: int) -> list[JobVersion]: ...
    async def definition(self, job_number: int, version: int) -> dict[str, Any] | None: ...
