"""Reading endpoints, deliveries and attempts, and what is due for whom."""

from typing import Any, Final

import apsw
import msgspec

from runbell.domain.delivery import Attempt, Delivery, Told
from runbell.domain.endpoint import Callback, Endpoint
from runbell.ports.webhook_table import DeliveryQuery, Keys, Line, Parcel
from runbell.stores.sqlite import rows

_ENDPOINT: Final = "number, id, project, name, revision, failing_since, disabled_at, disabled_why, body"
_STANDING: Final = f"SELECT {_ENDPOINT} FROM endpoints WHERE deleted_at IS NULL ORDER BY number"
_BY_NUMBER: Final = f"SELECT {_ENDPOINT} FROM endpoints WHERE number = ? AND deleted_at IS NULL"
_BY_ID: Final = f"SELECT {_ENDPOINT} FROM endpoints WHERE id = ? AND project = ? AND deleted_at IS NULL"
_BY_NAME: Final = f"""
    SELECT {_ENDPOINT} FROM endpoints INDEXED BY endpoints_by_name
    WHERE project = ? AND name = ? AND deleted_at IS NULL
"""
_PAGE: Final = f"""
    SELECT {_ENDPOINT} FROM endpoints INDEXED BY endpoints_by_name
    WHERE project = ? AND name > ? AND deleted_at IS NULL ORDER BY name LIMIT ?
"""
_KEYS: Final = "SELECT sealed, old, old_until FROM endpoints WHERE number = ? AND deleted_at IS NULL"
_CALLBACK_KEYS: Final = "SELECT sealed, old, old_until FROM callback_secrets WHERE client = ?"
_LABEL: Final = "SELECT id, name FROM endpoints WHERE number = ?"
_NAMING: Final = """
    SELECT DISTINCT jobs.name
    FROM jobs JOIN job_versions ON job_number = number AND job_versions.version = jobs.version,
         json_each(definition, '$.notify.webhooks') AS named
    WHERE project = ? AND named.value = ? AND retired_at IS NULL ORDER BY jobs.name
"""
_DELIVERY: Final = (
    "number, id, endpoint, execution, project, seq, type, time, state, due_at, tries, attempts, created_at, ended_at, "
    "why, body, told, destination"
)
MAIL: Final = "mail "
"""What the line of an address begins with."""
_ONE: Final = f"SELECT {_DELIVERY} FROM deliveries WHERE number = ?"
_OF_ID: Final = f"SELECT {_DELIVERY} FROM deliveries WHERE id = ?"
# One look per receiver: the first of its due ones, then on to the next receiver.
_NEXT_LINE: Final = """
    SELECT destination, due_at FROM deliveries INDEXED BY deliveries_due
    WHERE state = 'due' AND destination > ? ORDER BY destination, due_at LIMIT 1
"""
_DUE: Final = f"""
    SELECT {_DELIVERY} FROM deliveries INDEXED BY deliveries_due
    WHERE state = 'due' AND destination = ? AND due_at <= ? ORDER BY due_at LIMIT ?
"""
_CALLBACK: Final = "SELECT body FROM callbacks WHERE execution = ?"
_OF_ENDPOINT: Final = f"""
    SELECT {_DELIVERY} FROM deliveries INDEXED BY deliveries_by_endpoint
    WHERE endpoint = ?1 AND endpoint > 0 AND number < ?2 AND (?3 IS NULL OR state = ?3) ORDER BY number DESC LIMIT ?4
"""
_OF_EXECUTION: Final = f"""
    SELECT {_DELIVERY} FROM deliveries INDEXED BY deliveries_by_execution
    WHERE execution = ?1 AND execution > 0 AND number < ?2 AND (?3 IS NULL OR state = ?3) ORDER BY number DESC LIMIT ?4
"""
_ATTEMPTS: Final = """
    SELECT number, at, duration_ms, url, headers, status, error, answer FROM attempts WHERE delivery = ? ORDER BY number
"""
_UP_TO: Final = "SELECT seq, time FROM events WHERE seq <= ? ORDER BY seq DESC LIMIT 1"
_LAST: Final = 1 << 62

_endpoint: Final = msgspec.json.Decoder(Endpoint).decode
_callback: Final = msgspec.json.Decoder(Callback).decode
_told: Final = msgspec.json.Decoder(Told).decode
_headers: Final = msgspec.json.Decoder(dict[str, str]).decode


def standing(db: apsw.Connection) -> list[Endpoint]:
    """Every endpoint that is not deleted."""
    return [_read(row) for row in rows.fetch(db, _STANDING)]


def endpoint(db: apsw.Connection, number: int) -> Endpoint | None:
    """The endpoint of that number."""
    return _one(db, _BY_NUMBER, (number,))


def named(db: apsw.Connection, project: str, id_or_name: str) -> Endpoint | None:
    """The endpoint of that name, else of that id."""
    return _one(db, _BY_NAME, (project, id_or_name)) or _one(db, _BY_ID, (id_or_name, project))


def page(db: apsw.Connection, project: str, after: str, limit: int) -> list[Endpoint]:
    """Endpoints by name, beyond that one."""
    return [_read(row) for row in rows.fetch(db, _PAGE, (project, after, limit))]


def keys(db: apsw.Connection, number: int) -> Keys | None:
    """The sealed secrets of an endpoint."""
    row = db.execute(_KEYS, (number,)).fetchone()
    return None if row is None else Keys(*row)


def callback_keys(db: apsw.Connection, client: str) -> Keys | None:
    """The sealed secrets that sign the callbacks of a client, when they were ever replaced."""
    row = db.execute(_CALLBACK_KEYS, (client,)).fetchone()
    return None if row is None else Keys(*row)


def labels(db: apsw.Connection, numbers: tuple[int, ...]) -> dict[int, tuple[str, str]]:
    """Id and name of endpoints, deleted ones too."""
    found = ((number, db.execute(_LABEL, (number,)).fetchone()) for number in numbers)
    return {number: row for number, row in found if row is not None}


def naming(db: apsw.Connection, project: str, name: str) -> tuple[str, ...]:
    """The jobs whose definition names an endpoint of that name."""
    return tuple(job for (job,) in rows.fetch(db, _NAMING, (project, name)))


def lines(db: apsw.Connection, after: str, limit: int) -> list[Line]:
    """Receivers with something due or to come, those after `after` in their order."""
    found: list[Line] = []
    while len(found) < limit and (row := db.execute(_NEXT_LINE, (after,)).fetchone()) is not None:
        found.append(Line(*row))
        after = found[-1].destination
    return found


def due(db: apsw.Connection, destination: str, at: int, limit: int) -> list[Parcel]:
    """What is due for a receiver, with what it takes to send it."""
    return [_parcel(db, delivery_of(row)) for row in rows.fetch(db, _DUE, (destination, at, limit))]


def delivery(db: apsw.Connection, number: int) -> Delivery | None:
    """The delivery of that number."""
    row = db.execute(_ONE, (number,)).fetchone()
    return None if row is None else delivery_of(row)


def delivery_of_id(db: apsw.Connection, id_: str) -> Delivery | None:
    """The delivery of that id."""
    row = db.execute(_OF_ID, (id_,)).fetchone()
    return None if row is None else delivery_of(row)


def deliveries(db: apsw.Connection, query: DeliveryQuery) -> list[Delivery]:
    """Deliveries, the newest first."""
    sql, of = (_OF_ENDPOINT, query.endpoint) if query.endpoint is not None else (_OF_EXECUTION, query.execution)
    return [delivery_of(row) for row in rows.fetch(db, sql, (of, query.before or _LAST, query.state, query.limit))]


def attempts(db: apsw.Connection, deliveries: tuple[int, ...]) -> dict[int, list[Attempt]]:
    """The attempts of deliveries, in their order."""
    return {number: [_attempt(row) for row in rows.fetch(db, _ATTEMPTS, (number,))] for number in deliveries}


def callback(db: apsw.Connection, execution: str) -> Callback | None:
    """The callback of an execution."""
    body = db.execute(_CALLBACK, (execution,)).get
    return None if body is None else _callback(body)


def last_event_before(db: apsw.Connection, at: int) -> int:
    """The last event from before that time. They stand in the order of time: each look leaves out half of them."""
    oldest, newest = db.execute("SELECT min(seq) FROM events").get, db.execute("SELECT max(seq) FROM events").get
    low, high = (oldest or 1) - 1, newest or 0
    while low < high:
        middle = (low + high + 1) // 2
        row = db.execute(_UP_TO, (middle,)).fetchone()
        if row is None or row[1] < at:
            low = middle
        else:
            high = min(row[0], middle) - 1
    return int(low)


def delivery_of(row: rows.Row) -> Delivery:
    """The delivery of a row."""
    (
        number, id_, endpoint, execution, project, seq, type_, time, state, due_at, tries, attempts, created_at,
        ended_at, why, body, told, destination,
    ) = row  # fmt: skip
    return Delivery(
        number=number, id=id_, endpoint=endpoint, execution=execution, project=project, seq=seq, type=type_, time=time,
        state=state, due_at=due_at, tries=tries, attempts=attempts, created_at=created_at, ended_at=ended_at, why=why,
        body=body, told=_told(told), receiver=destination.removeprefix(MAIL) if endpoint < 0 else "",
    )  # fmt: skip


def _parcel(db: apsw.Connection, found: Delivery) -> Parcel:
    if found.receiver:
        return Parcel(delivery=found)
    if found.endpoint:
        return Parcel(delivery=found, endpoint=endpoint(db, found.endpoint), keys=keys(db, found.endpoint))
    asked = callback(db, found.told.execution)
    own = None if asked is None or not asked.own else callback_keys(db, asked.own)
    return Parcel(delivery=found, callback=asked, keys=own)


def _one(db: apsw.Connection, sql: str, values: tuple[Any, ...]) -> Endpoint | None:
    row = db.execute(sql, values).fetchone()
    return None if row is None else _read(row)


def _read(row: rows.Row) -> Endpoint:
    number, id_, project, name, revision, failing_since, disabled_at, disabled_why, body = row
    return msgspec.structs.replace(
        _endpoint(body), number=number, id=id_, project=project, name=name, revision=revision,
        failing_since=failing_since, disabled_at=disabled_at, disabled_why=disabled_why,
    )  # fmt: skip


def _attempt(row: rows.Row) -> Attempt:
    number, at, duration_ms, url, headers, status, error, answer = row
    return Attempt(
        number=number, at=at, duration_ms=duration_ms, url=url, headers=_headers(headers), status=status, error=error,
        answer=answer,
    )  # fmt: skip
