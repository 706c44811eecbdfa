"""Many requests, one transaction, one fsync. A request that fails does so alone: the others are committed."""

import traceback
from collections.abc import Callable, Iterable
from typing import Any, Final

import apsw
import msgspec

from runbell.domain.fault import Fault
from runbell.domain.faults import StorageFull
from runbell.domain.lifecycle import Refused
from runbell.ports.identity_table import PutClient, PutDevice, PutKey, PutProject, PutToken, PutUser, Remove, Revoke
from runbell.ports.job_table import PutJob, RetireJob
from runbell.ports.secret_table import KeepSealingKey, PutSecret, RemoveSecret, SecretUses
from runbell.ports.store import Advance, AskToStop, Delete, Notice, Stale, Start, StopWins
from runbell.stores.sqlite import (
    audit,
    write_clock,
    write_identity,
    write_jobs,
    write_progress,
    write_secrets,
    write_start,
    write_stop,
    write_tokens,
)
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
    Start: write_start.start,
    Claims: write_progress.claim,
    Advance: write_progress.advance,
    AskToStop: write_stop.ask_to_stop,
    Tick: write_clock.tick,
    PruneEvents: write_clock.prune_events,
    Delete: write_clock.delete,
    PutJob: write_jobs.put_job,
    RetireJob: write_jobs.retire_job,
    KeepSecret: write_identity.keep_secret,
    Denials: audit.deny,
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
    PutSecret: write_secrets.put_secret,
    RemoveSecret: write_secrets.remove_secret,
    SecretUses: write_secrets.used,
    KeepSealingKey: write_secrets.keep_sealing_key,
}
_KINDS: Final = [(msgspec.msgpack.Decoder(request).decode, _WRITES[request]) for request in REQUESTS]
_ANSWERS: Final = (Fault, Stale, StopWins, Refused)


class Fatal(Exception):  # noqa: N818 - the end, with a sentence
    """The store cannot go on; the sentence says why and what to do."""


class _Apart(Exception):  # noqa: N818 - a way to go on
    """Something failed after it had written: what came with it has to be done again without it."""


def commit(db: apsw.Connection, messages: list[bytes]) -> Reply:
    """Run requests in one transaction and commit it; each on its own if that fails. Raises Fatal."""
    try:
        return _together(db, messages)
    except _Apart:
        return _merged(_alone(db, message) for message in messages)


def _together(db: apsw.Connection, messages: list[bytes]) -> Reply:
    tx = Transaction(db)
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
        _roll_back(db, error)
        raise _Apart from error
    return Reply(answers, list(tx.notices.values()))


def _alone(db: apsw.Connection, message: bytes) -> Reply:
    tx = Transaction(db)
    try:
        db.execute("BEGIN IMMEDIATE")
        answer = _run(tx, message)
        db.execute("COMMIT")
    except Exception as error:
        _roll_back(db, error)
        return Reply([answer_to(_told(error))])
    return Reply([(Said.DONE, answer)], list(tx.notices.values()))


def _run(tx: Transaction, message: bytes) -> Any:
    decode, write = _KINDS[message[0]]
    return write(tx, decode(memoryview(message)[1:]))


def _roll_back(db: apsw.Connection, error: Exception) -> None:
    if isinstance(error, FATAL) and not _full(error):
        raise Fatal(f"The database failed ({error}); check the disk, then start again: nothing acknowledged is lost.")
    if db.in_transaction:
        db.execute("ROLLBACK")


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
    for reply in replies:
        answers += reply.answers
        notices |= {notice.number: notice for notice in reply.notices}
    return Reply(answers, list(notices.values()))
