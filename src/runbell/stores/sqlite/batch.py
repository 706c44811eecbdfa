"""Many requests, one transaction, one fsync. A request that fails does so alone: the others are committed."""

import traceback
from collections.abc import Callable, Iterable
from typing import Any, Final

import apsw
import msgspec

from runbell.domain.fault import Fault
from runbell.domain.faults import StorageFull
from runbell.domain.lifecycle import Refused
from runbell.ports.bulk_table import AddBulk, EndBulk, FillBulk, OpenBulk, TellBulk
from runbell.ports.file_table import ForgetFiles, PutFile
from runbell.ports.fire import Fire
from runbell.ports.identity_table import (
    PutClient,
    PutCode,
    PutDevice,
    PutKey,
    PutProject,
    PutToken,
    PutUser,
    Remove,
    Revoke,
)
from runbell.ports.job_table import PauseJob, PutJob, RetireJob
from runbell.ports.schedule_table import PauseSchedule, Realign
from runbell.ports.secret_table import KeepSealingKey, PutSecret, RemoveSecret, SecretUses
from runbell.ports.store import Advance, AskToStop, Delete, Notice, Stale, Start, StopWins
from runbell.ports.upkeep_table import Expire, Forget, Label, Strip
from runbell.ports.webhook_table import (
    ForgetDeliveries,
    GiveUp,
    PutCallbackSecret,
    PutEndpoint,
    Redeliver,
    RemoveEndpoint,
    Replay,
    SendTest,
    TellAttempt,
)
from runbell.stores.sqlite import (
    audit,
    files,
    write_bulk,
    write_clock,
    write_deliveries,
    write_endpoints,
    write_identity,
    write_jobs,
    write_progress,
    write_schedules,
    write_secrets,
    write_start,
    write_stop,
    write_tokens,
    write_upkeep,
)
from runbell.stores.sqlite.backlog import Backlog
from runbell.stores.sqlite.outbox import Outbox
from runbell.stores.sqlite.protocol import (
    REQUESTS,
    Claims,
    Denials,
    KeepSecret,
    PruneAudit,
    PruneEvents,
    Reply,
    Said,
    Tick,
    Uses,
    answer_to,
)
from runbell.stores.sqlite.transaction import Transaction

FATAL: Final = (
    apsw.IOError,
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.ReadOnlyError,
    apsw.CantOpenError,
    apsw.ProtocolError,
)
"""After these nobody knows what is on disk: the file is to be opened anew, and read from its WAL."""

_WRITES: Final[dict[type[Any], Callable[[Transaction, Any], Any]]] = {
    Start: write_start.accept,
    Claims: write_progress.claim,
    Advance: write_progress.advance,
    AskToStop: write_stop.ask_to_stop,
    Tick: write_clock.tick,
    PruneEvents: write_clock.prune_events,
    Delete: write_clock.delete,
    PutJob: write_jobs.put_job,
    RetireJob: write_jobs.retire_job,
    PauseJob: write_jobs.pause_job,
    Label: write_upkeep.label,
    Expire: write_upkeep.expire,
    Strip: write_upkeep.strip,
    Forget: write_upkeep.forget,
    AddBulk: write_bulk.add_bulk,
    FillBulk: write_bulk.fill_bulk,
    OpenBulk: write_bulk.open_bulk,
    TellBulk: write_bulk.tell_bulk,
    EndBulk: write_bulk.end_bulk,
    KeepSecret: write_identity.keep_secret,
    Denials: audit.deny,
    PutFile: files.put_file,
    ForgetFiles: files.forget_files,
    PruneAudit: audit.prune,
    Uses: write_identity.used,
    PutProject: write_identity.put_project,
    PutUser: write_identity.put_user,
    PutClient: write_identity.put_client,
    PutKey: write_identity.put_key,
    Remove: write_identity.remove,
    PutToken: write_tokens.put_token,
    Revoke: write_tokens.revoke,
    PutDevice: write_tokens.put_device,
    PutCode: write_tokens.put_code,
    PutSecret: write_secrets.put_secret,
    RemoveSecret: write_secrets.remove_secret,
    SecretUses: write_secrets.used,
    KeepSealingKey: write_secrets.keep_sealing_key,
    PutEndpoint: write_endpoints.put_endpoint,
    PutCallbackSecret: write_endpoints.put_callback_secret,
    RemoveEndpoint: write_endpoints.remove_endpoint,
    TellAttempt: write_deliveries.tell_attempt,
    GiveUp: write_deliveries.give_up,
    Redeliver: write_deliveries.redeliver,
    Replay: write_deliveries.replay,
    SendTest: write_deliveries.send_test,
    ForgetDeliveries: write_deliveries.forget_deliveries,
    Fire: write_schedules.fire,
    PauseSchedule: write_schedules.pause_schedule,
    Realign: write_schedules.realign,
}
_KINDS: Final = [(msgspec.msgpack.Decoder(request).decode, _WRITES[request]) for request in REQUESTS]
_ANSWERS: Final = (Fault, Stale, StopWins, Refused)


class Fatal(Exception):  # noqa: N818 - the end, with a sentence
    """The store cannot go on; the sentence says why and what to do."""


class _Apart(Exception):  # noqa: N818 - a way to go on
    """Something failed after it had written: what came with it has to be done again without it."""


def commit(
    db: apsw.Connection, messages: list[bytes], backlog: Backlog | None = None, outbox: Outbox | None = None
) -> Reply:
    """Run requests in one transaction and commit it; each on its own if that fails. Raises Fatal."""
    outbox = outbox or Outbox(db)
    try:
        return _together(db, messages, backlog, outbox)
    except _Apart:
        return _merged(_alone(db, message, backlog, outbox) for message in messages)


def _together(db: apsw.Connection, messages: list[bytes], backlog: Backlog | None, outbox: Outbox) -> Reply:
    tx = Transaction(db, backlog, outbox)
    answers: list[tuple[int, Any]] = []
    try:
        db.execute("BEGIN IMMEDIATE")
        for message in messages:
            written = db.total_changes()
            try:
                answers.append((Said.DONE, _run(tx, message)))
            except _ANSWERS as error:
                if db.total_changes() != written:
                    raise
                answers.append(answer_to(error))
        db.execute("COMMIT")
    except Exception as error:
        _roll_back(tx, error)
        raise _Apart from error
    return Reply(answers, list(tx.notices.values()), rang=_committed(tx, backlog))


def _alone(db: apsw.Connection, message: bytes, backlog: Backlog | None, outbox: Outbox) -> Reply:
    tx = Transaction(db, backlog, outbox)
    try:
        db.execute("BEGIN IMMEDIATE")
        answer = _run(tx, message)
        db.execute("COMMIT")
    except Exception as error:
        _roll_back(tx, error)
        return Reply([answer_to(_told(error))])
    return Reply([(Said.DONE, answer)], list(tx.notices.values()), rang=_committed(tx, backlog))


def _committed(tx: Transaction, backlog: Backlog | None) -> bool:
    """What was committed counts from now on. Whether a delivery was put on its way."""
    if backlog is not None:
        backlog.change(tx.waiting)
    rang = tx.outbox.rang
    tx.outbox.settle()
    return rang


def _run(tx: Transaction, message: bytes) -> Any:
    decode, write = _KINDS[message[0]]
    return write(tx, decode(memoryview(message)[1:]))


def _roll_back(tx: Transaction, error: Exception) -> None:
    if isinstance(error, FATAL) and not _full(error):
        raise Fatal(f"The database failed ({error}); check the disk, then start again: nothing acknowledged is lost.")
    if tx.db.in_transaction:
        tx.db.execute("ROLLBACK")
    tx.outbox.roll_back()


def _told(error: Exception) -> Exception:
    if _full(error):
        return StorageFull("The disk of the data folder is full; make room, then send this again.")
    if not isinstance(error, _ANSWERS):
        traceback.print_exception(error)
    return error


def _full(error: Exception) -> bool:
    """A full disk; the shared-memory file says so in its own way."""
    return isinstance(error, apsw.FullError) or getattr(error, "extendedresult", None) == apsw.SQLITE_IOERR_SHMSIZE


def _merged(replies: Iterable[Reply]) -> Reply:
    answers: list[tuple[int, Any]] = []
    notices: dict[int, Notice] = {}
    rang = False
    for reply in replies:
        answers += reply.answers
        notices |= {notice.number: notice for notice in reply.notices}
        rang = rang or reply.rang
    return Reply(answers, list(notices.values()), rang=rang)
