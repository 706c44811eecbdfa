"""The table: what is asked of a database. Every write is durable on disk when its call returns.

Writes are decided by `domain.lifecycle` inside the store's own transaction, on the row as it is then. A refusal of the
table is a Fault; a write of a worker whose claim is over is Stale. Times are epoch milliseconds.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol

from msgspec import Struct, field

from runbell.domain.audit import Entry
from runbell.domain.endpoint import Callback
from runbell.domain.execution import Error, Execution, Progress, ResultRef, StepExecution, Stop
from runbell.domain.job import WhenFull
from runbell.domain.status import ExitStatus, Status
from runbell.ports.audit_table import AuditTable
from runbell.ports.bulk_table import BulkTable
from runbell.ports.event_table import EventTable
from runbell.ports.file_table import FileTable
from runbell.ports.history_table import HistoryTable
from runbell.ports.identity_table import IdentityTable
from runbell.ports.job_table import JobTable
from runbell.ports.key_table import KeyClaim, KeyTable
from runbell.ports.numbered_table import NumberedTable
from runbell.ports.queue_table import ALIKE, QueueTable, Shares
from runbell.ports.schedule_table import ScheduleTable
from runbell.ports.search_table import SearchTable
from runbell.ports.secret_table import SecretTable
from runbell.ports.standing import Buried, Standing
from runbell.ports.upkeep_table import UpkeepTable
from runbell.ports.webhook_table import WebhookTable


class Stale(Exception):  # noqa: N818 - a state of affairs, not a defect
    """The claim of that epoch is over: another one took the execution, or it has ended."""


class StopWins(Exception):  # noqa: N818 - a state of affairs, not a defect
    """A stop was asked for meanwhile: the only end left is a confirmed stop."""


class Idempotency(Struct, frozen=True, kw_only=True):
    """An Idempotency-Key with what it was sent for. `members` holds a keyed digest per member of the body."""

    client: str
    path: str
    key: str
    fingerprint: str
    members: dict[str, str]


class Remembered(Struct, frozen=True, kw_only=True):
    """What an earlier request with the same key left."""

    execution: str
    fingerprint: str
    members: dict[str, str]


class KeyPolicy(Struct, frozen=True):
    """What a start does when its key's execution is open, or has ended."""

    open: Literal["reject", "existing"] = "reject"
    closed: Literal["reject", "allow", "allow_if_failed"] = "reject"

    def says(self, status: Status) -> Literal["reject", "existing", "allow"]:
        """What it says to a start whose key belongs to an execution of that status."""
        if not status.terminal:
            return self.open
        may = self.closed == "allow" or (self.closed == "allow_if_failed" and status is not Status.SUCCEEDED)
        return "allow" if may else "reject"


Marks = tuple[tuple[str, str], ...]
"""Names and values of indexed parameters, by which an execution can be found."""


class Start(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A new execution and all that is written with it in one transaction.

    `execution.number` is 0 (the store gives it). `limit` and `when_full` are the job's overlap rule.
    `follow_ups` wait, blocked, for their `predecessor`. `reused` are finished steps taken over by a restart.
    `claim`: whose key it is, and what for; an execution that has the key by an equal claim is the answer.
    `marks` are what it can be found by. `callback`: who is told. `holds`: a paused job takes it and holds it.
    """

    execution: Execution
    job_number: int
    limit: int | None = None
    when_full: WhenFull = WhenFull.QUEUE
    grace_ms: int = 5_000
    key_policy: KeyPolicy = KeyPolicy()
    claim: KeyClaim | None = None
    idempotency: Idempotency | None = None
    follow_ups: tuple[Execution, ...] = ()
    reused: tuple[StepExecution, ...] = ()
    marks: Marks = ()
    holds: bool = True
    callback: Callback | None = None
    audit: Entry | None = None


class Started(Struct, frozen=True):
    """The execution on the table: a new one, or (`replayed`) the one an earlier request made."""

    execution: Execution
    replayed: bool = False


class Claim(Struct, frozen=True, kw_only=True):
    """Take a queued execution while its job has room, and record the steps that start with it."""

    number: int
    worker: str
    at: int
    steps: tuple[StepExecution, ...] = ()


class Succeed(Struct, frozen=True, tag=True):
    """Verdict: every step is done. `keep` holds what is handed back for the next start."""

    exit_status: ExitStatus
    result: ResultRef | None = None
    keep: dict[str, Any] | None = None


class Fail(Struct, frozen=True, tag=True):
    """Verdict: a step failed for good, or a time limit passed."""

    error: Error
    result: ResultRef | None = None


class Lose(Struct, frozen=True, tag=True):
    """Verdict: a worker died during a step that must not run twice."""

    error: Error


class Requeue(Struct, frozen=True, tag=True):
    """Verdict: the worker died, another may try. The third loss ends it as failed."""


class ConfirmStop(Struct, frozen=True, tag=True):
    """Verdict: stopped on request, with the proof."""

    stop: Stop


Verdict = Succeed | Fail | Lose | Requeue | ConfirmStop


class FollowUpPlan(Struct, frozen=True, kw_only=True):
    """What becomes of the follow-ups when the verdict is saved: ready ones by id with their parameters, new ones whole.

    Waiting follow-ups that are not released here are discarded (`predecessor`), and theirs too.
    """

    released: dict[str, dict[str, Any]] = field(default_factory=dict)
    start_by: dict[str, int] = field(default_factory=dict)
    marks: dict[str, Marks] = field(default_factory=dict)
    created: tuple[Start, ...] = ()


class Advance(Struct, frozen=True, kw_only=True):
    """A worker's write: step rows (by name, scope, attempt), how many exception records and files all of them left,
    when that changed, progress, a lost hand, a stop's milestones, a verdict."""

    number: int
    epoch: int
    at: int
    steps: tuple[StepExecution, ...] = ()
    left: tuple[int, int] | None = None
    progress: Progress | None = None
    hands_lost: int = 0
    stop: Stop | None = None
    verdict: Verdict | None = None
    follow_ups: FollowUpPlan | None = None


class AskToStop(Struct, frozen=True, kw_only=True):
    """An intent to stop, written by whoever asks; only the holder of the claim acts on it."""

    number: int
    mode: str
    reason: str
    actor: str
    grace_ms: int
    at: int
    audit: Entry | None = None


class Delete(Struct, frozen=True, kw_only=True):
    """Remove an ended execution."""

    number: int
    at: int
    audit: Entry | None = None


class Ref(Struct, frozen=True):
    """How a caller names an execution: exactly one of the three."""

    id: str | None = None
    number: int | None = None
    key: str | None = None


class ExecutionQuery(Struct, frozen=True, kw_only=True):
    """A list of executions, newest first. `jobs` are those that the caller may see (None: all).
    `params` are values of indexed parameters. `q` is a number, or what an id, a key or a job's name begins with.
    `after` is the keyset position (created_at, number) of the last row seen.
    """

    project: str
    jobs: tuple[str, ...] | None = None
    job: str | None = None
    statuses: tuple[Status, ...] = ()
    trigger: str | None = None
    actor: str | None = None
    tag: str | None = None
    params: Marks = ()
    key: str | None = None
    q: str | None = None
    created_from: int | None = None
    created_before: int | None = None
    oldest_first: bool = False
    after: tuple[int, int] | None = None
    limit: int = 50


class Page(Struct, frozen=True):
    """Rows, and the position to go on from (None: this was the end). A short page need not be the last."""

    items: list[Execution]
    next: tuple[int, int] | None


class Counted(Struct, frozen=True):
    """How many executions a list has; `kind` says how sure that is."""

    value: int
    kind: Literal["exact", "at_least", "estimate"]


class Notice(Struct, frozen=True):
    """Something about an execution was committed."""

    number: int
    id: str
    status: Status
    revision: int


class Store(
    JobTable, KeyTable, UpkeepTable, BulkTable, QueueTable, IdentityTable, AuditTable, EventTable, HistoryTable,
    SecretTable, FileTable, NumberedTable, SearchTable, WebhookTable,
    ScheduleTable, Protocol,
):  # fmt: skip
    """The table and everything that is asked of it."""

    async def start(self, start: Start) -> Started: ...
    async def remembered(self, client: str, path: str, key: str) -> Remembered | None: ...
    async def claim(self, claims: list[Claim]) -> list[Execution | None]: ...
    async def advance(self, advance: Advance) -> Execution: ...
    async def ask_to_stop(self, ask: AskToStop) -> Execution: ...
    async def tick(self, at: int, limit: int) -> int: ...
    async def delete(self, asked: Delete) -> None: ...

    async def execution(self, project: str, ref: Ref) -> Execution | None: ...
    async def standing(self, project: str, ref: Ref) -> Standing | None: ...
    async def project_of(self, ref: Ref) -> str | None: ...
    async def deleted(self, project: str, ref: Ref) -> Buried | None: ...
    async def steps(self, number: int) -> list[StepExecution]: ...
    async def step_numbers(self, number: int) -> dict[tuple[str, str | None, int], int]: ...
    async def executions(self, query: ExecutionQuery) -> Page: ...
    async def count(self, query: ExecutionQuery, *, estimate: bool) -> Counted: ...
    async def queue(self, limit: int, shares: Shares = ALIKE) -> list[Execution]: ...
    async def live(self) -> list[Execution]: ...
    async def follow_ups(self, predecessor: str) -> list[Execution]: ...
    async def next_due(self) -> int | None: ...
    async def counts(self) -> dict[str, int]: ...

    async def secret(self, name: str, make: Callable[[], Awaitable[bytes]] | None = None) -> bytes: ...

    def subscribe(self, listener: Callable[[Notice], None]) -> None: ...
    async def close(self) -> None: ...
