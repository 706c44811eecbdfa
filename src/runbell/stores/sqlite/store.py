"""The table in one SQLite file: writes go to the writer process, reads are answered here."""

import asyncio
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import apsw
import msgspec

from runbell.domain.execution import Execution, StepExecution
from runbell.domain.faults import Unavailable
from runbell.ports.job_table import JobPut, JobRecord, JobVersion, PauseJob, PutJob, RetireJob
from runbell.ports.key_table import KeyClaim
from runbell.ports.queue_table import ALIKE, Shares, WaitingJob
from runbell.ports.standing import Buried, Standing
from runbell.ports.store import (
    Advance,
    AskToStop,
    Claim,
    Counted,
    Delete,
    ExecutionQuery,
    Notice,
    Page,
    Ref,
    Remembered,
    Start,
    Started,
)
from runbell.stores.ground import UnsafeGround, hold, prepare
from runbell.stores.sqlite import read_executions, read_identity, read_jobs, read_lists, read_queue, rows
from runbell.stores.sqlite.audit import AuditRows
from runbell.stores.sqlite.bulk import BulkRows
from runbell.stores.sqlite.connection import open_for_reading, version_problem
from runbell.stores.sqlite.events import EventRows
from runbell.stores.sqlite.files import FileRows
from runbell.stores.sqlite.history import HistoryRows
from runbell.stores.sqlite.identity import IdentityRows
from runbell.stores.sqlite.link import Link
from runbell.stores.sqlite.numbered import NumberedRows
from runbell.stores.sqlite.protocol import Claims, KeepSecret, Tick
from runbell.stores.sqlite.schedules import ScheduleRows
from runbell.stores.sqlite.search import SearchRows
from runbell.stores.sqlite.secrets import SecretRows
from runbell.stores.sqlite.upkeep import UpkeepRows
from runbell.stores.sqlite.webhooks import WebhookRows

DATABASE: Final = "runbell.db"
SECRET_BYTES: Final = 32

Writer = subprocess.Popen[bytes]


async def open_store(
    folder: Path, *, on_fatal: Callable[[str], None], patience_s: float = 3.0, queue_limit: int = 0
) -> "SqliteStore":
    """Open the store in that folder, which is made if it is missing, and start its writer.

    `on_fatal` is told, once, why nothing can be written any more: end the process then. `patience_s`: how long to wait
    for a server that is just leaving the folder. `queue_limit`: how many executions may wait (0: any). Raises
    UnsafeGround.
    """
    if (problem := version_problem(apsw.sqlite_lib_version())) is not None:
        raise UnsafeGround(problem)
    prepare(folder)
    lock = await hold(folder, patience_s)
    try:
        writer, link = await _start_writer(folder / DATABASE, lock, on_fatal, queue_limit)
        return SqliteStore(open_for_reading(folder / DATABASE), link, writer, lock)
    except BaseException:
        os.close(lock)
        raise


async def _start_writer(
    database: Path, lock: int, on_fatal: Callable[[str], None], queue_limit: int
) -> "tuple[Writer, Link]":
    ours, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-m", "runbell.stores.sqlite.writer", str(database), str(theirs.fileno()),
                   str(queue_limit)]  # fmt: skip
        # The lock goes along: while this writer lives, nobody else opens the folder. A session of its own: Ctrl-C is
        # for the server, which hangs up when it has drained.
        writer = await asyncio.to_thread(
            subprocess.Popen[bytes],
            command,
            stdin=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(), lock),
            start_new_session=True,
        )
    loop = asyncio.get_running_loop()
    _, link = await loop.create_unix_connection(lambda: Link(on_fatal), sock=ours)
    try:
        await link.ready
    except Unavailable as refusal:
        await loop.run_in_executor(None, writer.wait)
        raise UnsafeGround(refusal.detail) from None
    return writer, link


class SqliteStore(
    UpkeepRows, BulkRows, IdentityRows, AuditRows, EventRows, HistoryRows, SecretRows, FileRows, NumberedRows,
    SearchRows, WebhookRows, ScheduleRows,
):  # fmt: skip
    """Implements `ports.store.Store`."""

    def __init__(self, reader: apsw.Connection, link: Link, writer: Writer, lock: int) -> None:
        super().__init__(reader, link)
        self._writer = writer
        self._lock = lock
        self._secrets: dict[str, bytes] = {}

    async def put_job(self, put: PutJob) -> JobPut:
        return msgspec.convert(await self._link.ask(put), JobPut)

    async def retire_job(self, asked: RetireJob) -> JobRecord:
        return msgspec.convert(await self._link.ask(asked), JobRecord)

    async def pause_job(self, asked: PauseJob) -> JobRecord:
        return msgspec.convert(await self._link.ask(asked), JobRecord)

    async def job(self, project: str, name: str) -> JobRecord | None:
        return read_jobs.job(self._db, project, name)

    async def job_by_id(self, dialect: str, value: str, project: str | None) -> JobRecord | None:
        return read_jobs.job_by_id(self._db, dialect, value, project)

    async def job_by_uuid(self, job_id: str) -> JobRecord | None:
        return read_jobs.job_by_uuid(self._db, job_id)

    async def job_by_number(self, number: int) -> JobRecord | None:
        return read_jobs.job_by_number(self._db, number)

    async def job_revision(self, project: str, name: str) -> int | None:
        return read_jobs.revision(self._db, project, name)

    async def jobs(self, project: str, after: str, limit: int) -> list[JobRecord]:
        return read_jobs.jobs(self._db, project, after, limit)

    async def versions(self, job_number: int, before: int | None, limit: int) -> list[JobVersion]:
        return read_jobs.versions(self._db, job_number, before, limit)

    async def definition(self, job_number: int, version: int) -> dict[str, Any] | None:
        return read_jobs.definition(self._db, job_number, version)

    async def start(self, start: Start) -> Started:
        made = await self._link.ask(start)
        if isinstance(made, int):
            return Started(msgspec.structs.replace(start.execution, number=made))
        return Started(rows.execution(made), replayed=True)

    async def remembered(self, client: str, path: str, key: str) -> Remembered | None:
        return read_executions.remembered(self._db, client, path, key)

    async def key_claim(self, project: str, key: str) -> KeyClaim | None:
        return read_executions.key_claim(self._db, project, key)

    async def claim(self, claims: list[Claim]) -> list[Execution | None]:
        taken = await self._link.ask(Claims(claims))
        return [None if row is None else rows.execution(row) for row in taken]

    async def advance(self, advance: Advance) -> Execution:
        return rows.execution(await self._link.ask(advance))

    async def ask_to_stop(self, ask: AskToStop) -> Execution:
        return rows.execution(await self._link.ask(ask))

    async def tick(self, at: int, limit: int) -> int:
        done: int = await self._link.ask(Tick(at, limit))
        return done

    async def delete(self, asked: Delete) -> None:
        await self._link.ask(asked)

    async def execution(self, project: str, ref: Ref) -> Execution | None:
        return read_executions.execution(self._db, project, ref)

    async def standing(self, project: str, ref: Ref) -> Standing | None:
        return read_executions.standing(self._db, project, ref)

    async def project_of(self, ref: Ref) -> str | None:
        return read_executions.project_of(self._db, ref)

    async def deleted(self, project: str, ref: Ref) -> Buried | None:
        return read_executions.deleted(self._db, project, ref)

    async def steps(self, number: int) -> list[StepExecution]:
        return read_executions.steps(self._db, number)

    async def step_numbers(self, number: int) -> dict[tuple[str, str | None, int], int]:
        return read_executions.step_numbers(self._db, number)

    async def executions(self, query: ExecutionQuery) -> Page:
        return read_lists.executions(self._db, query)

    async def count(self, query: ExecutionQuery, *, estimate: bool) -> Counted:
        return read_lists.count(self._db, query, estimate=estimate)

    async def queue(self, limit: int, shares: Shares = ALIKE) -> list[Execution]:
        return read_executions.queue(self._db, limit, shares)

    async def waiting(self, project: str, after: int, limit: int) -> list[WaitingJob]:
        return read_queue.waiting(self._db, project, after, limit)

    async def live(self) -> list[Execution]:
        return read_executions.live(self._db)

    async def follow_ups(self, predecessor: str) -> list[Execution]:
        return read_executions.follow_ups(self._db, predecessor)

    async def next_due(self) -> int | None:
        return read_executions.next_due(self._db)

    async def counts(self) -> dict[str, int]:
        return read_executions.counts(self._db)

    async def secret(self, name: str, make: Callable[[], Awaitable[bytes]] | None = None) -> bytes:
        if name not in self._secrets:
            kept = read_identity.secret(self._db, name)
            if kept is None:
                fresh = secrets.token_bytes(SECRET_BYTES) if make is None else await make()
                kept = await self._link.ask(KeepSecret(name, fresh))
            self._secrets[name] = kept
        return self._secrets[name]

    def subscribe(self, listener: Callable[[Notice], None]) -> None:
        self._link.subscribe(listener)

    async def close(self) -> None:
        await self._link.close()
        self._close_aside()
        self._end_searches()
        self._reader.close()
        await asyncio.get_running_loop().run_in_executor(None, self._writer.wait)
        os.close(self._lock)
