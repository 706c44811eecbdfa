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

    def together(db: Any, messages: list[bytes], backlog: Any, outbox: Any) -> Any:
        tx = module.Transaction(db, backlog, outbox)
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
        epoch, status = tx.db.execute(
            "SELECT epoch, status FROM executions WHERE number = ?", (asked.number,)
        ).fetchone()
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


@sabotage("no-idempotency-row", "runbell.stores.sqlite.write_start")
def _(module: ModuleType) -> None:
    """The key is looked for, and never written down."""
    module._remember = lambda tx, asked, number, execution: None


@sabotage("idempotency-outside", "runbell.stores.sqlite.write_start")
def _(module: ModuleType) -> None:
    """The key is looked for before the transaction only."""
    module._replay = lambda tx, asked: None
    module._REMEMBER = module._REMEMBER.replace("INSERT INTO", "INSERT OR IGNORE INTO")


@sabotage("limit-ignored", "runbell.stores.sqlite.write_progress")
def _(module: ModuleType) -> None:
    """A claim does not count what runs already."""
    module._FULL = "SELECT 0 FROM jobs WHERE number = ?1 AND ?2"


@sabotage("success-after-stop", "runbell.stores.sqlite.write_progress")
def _(module: ModuleType) -> None:
    """A worker that comes to its end after a stop was asked for writes its own verdict."""
    advance = module.advance

    def rush(tx: Any, asked: Any) -> Any:
        if asked.verdict is not None:
            tx.db.execute(
                "UPDATE executions SET status = 'running', stop = NULL WHERE number = ? AND status = 'stopping'",
                (asked.number,),
            )
            if isinstance(asked.verdict, module.ConfirmStop):
                succeed = module.Succeed(module.lifecycle.ExitStatus("OK"))
                asked = msgspec.structs.replace(asked, verdict=succeed)
        return advance(tx, asked)

    module.advance = rush


@sabotage("event-forgotten", "runbell.stores.sqlite.transaction")
def _(module: ModuleType) -> None:
    """The end of an execution leaves no event."""
    event = module.Transaction.event

    def forget(self: Any, execution: Any, kind: str, at: int, data: Any) -> None:
        if kind != "execution.stopped":
            event(self, execution, kind, at, data)

    module.Transaction.event = forget


@sabotage("limit-ignored", "runbell.stores.sqlite.read_executions")
def _(module: ModuleType) -> None:
    """Nor does the queue, which offers whatever waits."""
    limits = "min(coalesce(running_limit, ?1 + live), coalesce(own_limit, ?1 + live)) - live"
    module._ROOM = module._ROOM.replace(limits, "?1")


@sabotage("fingerprint-of-nothing", "runbell.domain.canonical")
def _(module: ModuleType) -> None:
    """Whatever is sent under a key counts as the same request."""
    module.fingerprint = lambda *_: "same"


@sabotage("keys-of-everybody", "runbell.operations.idempotency")
def _(module: ModuleType) -> None:
    """A key is looked up without the client that sent it."""
    settle = module.settle

    def settle_for_all(ports: Any, actor: Any, sent: Any) -> Any:
        return msgspec.structs.replace(settle(ports, actor, sent), client="everybody")

    module.settle = settle_for_all


@sabotage("restart-anything", "runbell.operations.restart")
def _(module: ModuleType) -> None:
    """Whatever has ended restarts, a success too."""
    module.RESTARTABLE = module.Status
