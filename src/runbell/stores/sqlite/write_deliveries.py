"""Writing what becomes of deliveries: attempts, the next of a line, those that are given up or sent once more."""

from typing import Final

from runbell.domain.delivery import ENDPOINT_GONE, Again, Dead, Delivered, Delivery, Told
from runbell.domain.endpoint import GONE, TEST
from runbell.domain.faults import NotFound
from runbell.ports.webhook_table import (
    ForgetDeliveries,
    GiveUp,
    Redeliver,
    Replay,
    Replayed,
    SendTest,
    TellAttempt,
)
from runbell.stores.sqlite import read_events, read_webhooks, rows, write_endpoints
from runbell.stores.sqlite.outbox import Parcelling, destination
from runbell.stores.sqlite.transaction import Transaction

_ATTEMPT: Final = """
    INSERT INTO attempts (delivery, number, at, duration_ms, url, headers, status, error, answer)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_TRIED: Final = """
    UPDATE deliveries SET attempts = attempts + 1, tries = tries + 1, body = coalesce(body, ?)
    WHERE number = ? AND attempts = ?
"""
_AGAIN: Final = "UPDATE deliveries SET due_at = ? WHERE number = ? AND state = 'due'"
_END: Final = """
    UPDATE deliveries SET state = ?, ended_at = ?, why = ? WHERE number = ? AND state IN ('due', 'waiting')
"""
_NEXT: Final = """
    UPDATE deliveries SET state = 'due', due_at = max(due_at, ?3) WHERE number = (
        SELECT min(number) FROM deliveries INDEXED BY deliveries_open
        WHERE endpoint = ?1 AND execution = ?2 AND state IN ('due', 'waiting'))
    AND state = 'waiting'
"""
_OPEN: Final = """
    SELECT number FROM deliveries INDEXED BY deliveries_open
    WHERE endpoint = ? AND state IN ('due', 'waiting') AND type IS NOT ? LIMIT ?
"""
_REST: Final = """
    SELECT number FROM deliveries INDEXED BY deliveries_open
    WHERE endpoint = 0 AND execution = ? AND state IN ('due', 'waiting')
"""
_LINE: Final = """
    UPDATE deliveries SET state = 'waiting' WHERE endpoint = ?1 AND execution = ?2 AND state = 'due' AND number > ?3
"""
_AHEAD: Final = """
    SELECT EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_open
                   WHERE endpoint = ? AND execution = ? AND state IN ('due', 'waiting') AND number < ?)
"""
_REOPEN: Final = """
    UPDATE deliveries SET state = ?, due_at = ?, tries = 0, ended_at = NULL, why = NULL WHERE number = ?
"""
_EVENTS: Final = """
    SELECT seq, type, time, job, execution, number, revision, data FROM events
    WHERE seq > ? AND seq <= ? AND project = ? ORDER BY seq LIMIT ?
"""
_OF_EVENT: Final = """
    SELECT number FROM deliveries INDEXED BY deliveries_by_event WHERE endpoint = ? AND seq = ? AND endpoint > 0 LIMIT 1
"""
_KEY: Final = "SELECT key FROM executions WHERE number = ?"
_LAST: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'events'"
_OLD: Final = """
    SELECT number, endpoint, json_extract(told, '$.execution') FROM deliveries INDEXED BY deliveries_by_age
    WHERE ended_at IS NOT NULL AND ended_at < ? ORDER BY ended_at LIMIT ?
"""
_LOOSE: Final = """
    DELETE FROM callbacks WHERE execution = ?1 AND NOT EXISTS (SELECT 1 FROM executions WHERE id = ?1)
"""
_OVER: Final = """
    SELECT number FROM deliveries INDEXED BY deliveries_by_execution
    WHERE execution = ? AND execution > 0 AND ended_at IS NOT NULL
"""
_UNCALLED: Final = """
    DELETE FROM callbacks WHERE execution = ? AND NOT EXISTS (
        SELECT 1 FROM deliveries INDEXED BY deliveries_by_execution WHERE execution = ? AND execution > 0)
"""


def tell_attempt(tx: Transaction, told: TellAttempt) -> None:
    """Note an attempt and what it means. One that was noted already, or came too late, changes nothing."""
    standing = read_webhooks.delivery(tx.db, told.delivery)
    if standing is None:
        return
    it = told.attempt
    tx.db.execute(_TRIED, (told.body, standing.number, it.number - 1))
    if tx.db.changes() == 0:
        return
    tx.db.execute(
        _ATTEMPT,
        (
            standing.number, it.number, it.at, it.duration_ms, it.url, rows.json_text(it.headers), it.status, it.error,
            it.answer,
        ),
    )  # fmt: skip
    ended = it.at + it.duration_ms
    match told.verdict:
        case Again(due_at=due_at):
            tx.db.execute(_AGAIN, (due_at, standing.number))
            write_endpoints.failed(tx, standing.endpoint, ended)
        case Delivered():
            _end(tx, standing, "delivered", ended, None)
            write_endpoints.well(tx, standing.endpoint)
        case Dead(why=why):
            _end(tx, standing, "dead", ended, why)
            if why == ENDPOINT_GONE and standing.endpoint == 0:
                _hang_up(tx, standing, ended)
            elif why == ENDPOINT_GONE:
                write_endpoints.disable(tx, standing.endpoint, ended, GONE)
            else:
                write_endpoints.failed(tx, standing.endpoint, ended)


def give_up(tx: Transaction, asked: GiveUp) -> int:
    """Give up one delivery, or a piece of those on their way to an endpoint, unless that was enabled again meanwhile;
    how many. A test still gets to one that is disabled."""
    if asked.delivery:
        found = read_webhooks.delivery(tx.db, asked.delivery)
        if found is None or found.ended_at is not None:
            return 0
        _end(tx, found, "dead", asked.at, asked.why)
        return 1
    standing = read_webhooks.endpoint(tx.db, asked.endpoint)
    if standing is not None and standing.disabled_at is None:
        return 0
    spared = None if standing is None else TEST
    numbers = [number for (number,) in rows.fetch(tx.db, _OPEN, (asked.endpoint, spared, asked.limit))]
    for number in numbers:
        tx.db.execute(_END, ("dead", asked.at, asked.why, number))
    for (number,) in rows.fetch(tx.db, _OPEN, (asked.endpoint, spared, 1)):
        rest = read_webhooks.delivery(tx.db, number)  # so that what is left is met again by who sends
        if rest is not None:
            tx.db.execute(_NEXT, (rest.endpoint, rest.execution, asked.at))
    return len(numbers)


def redeliver(tx: Transaction, asked: Redeliver) -> Delivery:
    """Put a delivery on its way again. Raises NotFound."""
    found = read_webhooks.delivery(tx.db, asked.delivery)
    if found is None:
        raise NotFound("That delivery is not kept any more; list the deliveries to see those there are.")
    _reopen(tx, found, asked.at)
    tx.audited(asked.audit)
    return _there(tx, found.number)


def replay(tx: Transaction, asked: Replay) -> Replayed:
    """Put on its way what an endpoint missed. Raises NotFound when it is gone."""
    endpoint = read_webhooks.endpoint(tx.db, asked.endpoint)
    if endpoint is None:
        raise NotFound("That webhook is not there any more; list the webhooks to see those there are.")
    end = min(asked.upto, asked.after + read_events.SCANNED)
    found = rows.fetch(tx.db, _EVENTS, (asked.after, end, endpoint.project, asked.limit))
    count = 0
    for seq, type_, time, job, execution, number, revision, data in found:
        earlier = tx.db.execute(_OF_EVENT, (endpoint.number, seq)).get
        if earlier is not None:
            delivery = _there(tx, earlier)
            if delivery.state == "dead" or (asked.everything and delivery.state == "delivered"):
                _reopen(tx, delivery, asked.at)
                count += 1
        elif tx.outbox.wants(endpoint, job, type_):
            key = tx.db.execute(_KEY, (number,)).get if number else None
            told = Told(
                project=endpoint.project, job=job, execution=execution, number=number, key=key, revision=revision,
                data=rows.json_object(data),
            )  # fmt: skip
            tx.outbox.add(endpoint.number, destination(endpoint.number), Parcelling(seq, type_, time, told), asked.at)
            count += 1
    tx.audited(asked.audit)
    return Replayed(count, found[-1][0] if len(found) == asked.limit else end)


def send_test(tx: Transaction, asked: SendTest) -> Delivery:
    """Put a test event on its way. It is no event of the feed; its number is that of the newest there. NotFound."""
    endpoint = read_webhooks.endpoint(tx.db, asked.endpoint)
    if endpoint is None:
        raise NotFound("That webhook is not there any more; list the webhooks to see those there are.")
    told = Told(project=endpoint.project, data={"endpoint": f"wh_{endpoint.id}", "name": endpoint.name})
    what = Parcelling(tx.db.execute(_LAST).get or 0, TEST, asked.at, told)
    tx.outbox.add(endpoint.number, destination(endpoint.number), what, asked.at, asked.id)
    made = _there(tx, tx.db.last_insert_rowid())
    tx.audited(asked.audit)
    return made


def forget_deliveries(tx: Transaction, asked: ForgetDeliveries) -> int:
    """Let go of what ended long ago; how much."""
    old = rows.fetch(tx.db, _OLD, (asked.before, asked.limit))
    _forget(tx, [number for number, _, _ in old])
    tx.db.executemany(_LOOSE, [(execution,) for _, endpoint, execution in old if endpoint == 0])
    return len(old)


def bury(tx: Transaction, execution: int, id_: str) -> None:
    """Remove what was delivered about an execution that goes. What is on its way still gets there."""
    _forget(tx, [number for (number,) in rows.fetch(tx.db, _OVER, (execution,))])
    tx.db.execute(_UNCALLED, (id_, execution))


def _forget(tx: Transaction, numbers: list[int]) -> None:
    for number in numbers:
        tx.db.execute("DELETE FROM attempts WHERE delivery = ?", (number,))
        tx.db.execute("DELETE FROM deliveries WHERE number = ?", (number,))


def _hang_up(tx: Transaction, delivery: Delivery, at: int) -> None:
    """The callback of an execution does not want to be told any more."""
    tx.outbox.hang_up(delivery.told.execution)
    for (number,) in rows.fetch(tx.db, _REST, (delivery.execution,)):
        tx.db.execute(_END, ("dead", at, ENDPOINT_GONE, number))


def _end(tx: Transaction, delivery: Delivery, state: str, at: int, why: str | None) -> None:
    """The end of a delivery; the next of its line may go."""
    tx.db.execute(_END, (state, at, why, delivery.number))
    if tx.db.changes():
        tx.db.execute(_NEXT, (delivery.endpoint, delivery.execution, at))
        if tx.db.changes():
            tx.outbox.rang = True


def _reopen(tx: Transaction, delivery: Delivery, at: int) -> None:
    """Back into its line, in its old place: what came later waits for it again."""
    line = (delivery.endpoint, delivery.execution, delivery.number)
    ahead = delivery.execution and tx.db.execute(_AHEAD, line).get
    tx.db.execute(_REOPEN, ("waiting" if ahead else "due", at, delivery.number))
    if delivery.execution and not ahead:
        tx.db.execute(_LINE, line)
    tx.outbox.rang = True


def _there(tx: Transaction, number: int) -> Delivery:
    found = read_webhooks.delivery(tx.db, number)
    if found is None:
        raise RuntimeError("A delivery vanished inside its transaction; report this as a defect.")
    return found
