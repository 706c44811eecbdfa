"""Known bugs of the store."""

import time
from types import ModuleType
from typing import Any

import msgspec

from verify.sabotages import sabotage


@sabotage("synchronous-normal", "runbell.stores.sqlite.connection")
def _(module: ModuleType) -> None:
    """A commit returns before it is on disk."""
    opened = module.open_for_writing

    def open_carelessly(path: Any) -> Any:
        db = opened(path)
        db.pragma("synchronous", "NORMAL")
        return db

    module.open_for_writing = open_carelessly


@sabotage("ack-before-commit", "runbell.stores.sqlite.batch")
def _(module: ModuleType) -> None:
    """Requests are answered while their transaction is still open; it is committed now and then."""
    begun = [0.0]

    def together(db: Any, messages: list[bytes]) -> Any:
        tx = module.Transaction(db)
        answers = []
        if not db.in_transaction:
            db.execute("BEGIN IMMEDIATE")
            begun[0] = time.monotonic()
        for message in messages:
            try:
                answers.append((module.Said.DONE, module._run(tx, message)))
            except module._ANSWERS as error:
                answers.append(module.answer_to(error))
        if time.monotonic() - begun[0] > 0.25:
            db.execute("COMMIT")
        return module.Reply(answers, list(tx.notices.values()))

    module._together = together


@sabotage("no-epoch", "runbell.stores.sqlite.write_progress")
def _(module: ModuleType) -> None:
    """A worker's write is taken whatever claim it names, and whatever has become of the execution."""
    advance = module.advance

    def unfenced(tx: Any, asked: Any) -> Any:
        row = tx.find(asked.number)
        if row is None:
            return advance(tx, asked)
        epoch, status = tx.db.execute("SELECT epoch, status FROM executions WHERE number = ?", (asked.number,)).fetchone()
        if status in ("queued", "succeeded", "failed", "stopped", "lost"):
            tx.db.execute(
                "UPDATE executions SET status = 'running', ended_at = NULL, claimed_by = 'old' WHERE number = ?",
                (asked.number,),
            )
        return advance(tx, msgspec.structs.replace(asked, epoch=epoch))

    module.advance = unfenced


@sabotage("stop-writes-status", "runbell.stores.sqlite.write_stop")
def _(module: ModuleType) -> None:
    """Whoever asks for a stop writes `stopped` on the row of a running execution; its worker is not asked."""
    ask_to_stop = module.ask_to_stop

    def stop(tx: Any, asked: Any) -> Any:
        tx.db.execute(
            "UPDATE executions SET status = 'stopped', ended_at = ?, claimed_by = NULL, revision = revision + 1 "
            "WHERE number = ? AND status = 'running'",
            (asked.at, asked.number),
        )
        return ask_to_stop(tx, asked)

    module.ask_to_stop = stop


@sabotage("start-by-ignored", "runbell.stores.sqlite.write_clock")
def _(module: ModuleType) -> None:
    """Nobody looks whether a queued execution came too late."""
    module._EXPIRED = module._EXPIRED.replace("start_by <= ?", "start_by <= ? - 1000000000000000")
