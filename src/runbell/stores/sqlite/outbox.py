"""The outbox: who wants which event, kept in memory by the writer, and the deliveries written with the events.

While nobody wants anything, an event costs one look at a flag and no query. What a transaction changes here is undone
when it is rolled back.
"""

from collections.abc import Callable
from typing import Any, Final
from zlib import crc32

import apsw
import msgspec
from msgspec import Struct

from runbell.domain.delivery import Told
from runbell.domain.endpoint import ENDS, Callback, Endpoint, Notify
from runbell.domain.execution import Execution
from runbell.domain.ids import new_id
from runbell.stores.sqlite import read_webhooks, rows
from runbell.stores.sqlite.read_webhooks import MAIL

_NAMING: Final = """
    SELECT project, name, json_extract(definition, '$.notify') FROM jobs
    JOIN job_versions ON job_number = number AND job_versions.version = jobs.version
    WHERE json_extract(definition, '$.notify') IS NOT NULL
"""
_CALLBACKS: Final = "SELECT execution, body FROM callbacks INDEXED BY callbacks_open WHERE open = 1"
_CLOSE: Final = "UPDATE callbacks SET open = 0 WHERE execution = ?"
_AHEAD: Final = """
    SELECT EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_open
                   WHERE endpoint = ? AND execution = ? AND state IN ('due', 'waiting'))
"""
_ADD: Final = """
    INSERT INTO deliveries (id, endpoint, execution, project, destination, seq, type, time, state, due_at, created_at,
                            told)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_ENDS: Final = frozenset(ENDS)
_callback: Final = msgspec.json.Decoder(Callback).decode


class Parcelling(Struct, frozen=True):
    """What a delivery is about: an event, and what it said."""

    seq: int
    type: str
    time: int
    told: Told


def destination(endpoint: int) -> str:
    """How the line of an endpoint is called; those of callbacks are called by host and port."""
    return f"endpoint {endpoint}"


def mailbox(address: str) -> tuple[int, str]:
    """What stands for the endpoint of an address, so that its mail keeps its order; and how its line is called."""
    return -1 - crc32(address.encode()), f"{MAIL}{address}"


def notify_of(definition: Any) -> Notify | None:
    """Whom a definition tells, None for nobody. What it says was checked before it was kept."""
    said = (definition or {}).get("notify") or {}
    names, addresses = tuple(said.get("webhooks") or ()), tuple(said.get("email") or ())
    if not names and not addresses:
        return None
    on = said.get("on")
    return Notify.of(names, addresses, tuple(on) if on else None)


class Outbox:
    """Who wants what, as the table says."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._endpoints: dict[str, dict[int, Endpoint]] = {}
        self._notify: dict[tuple[str, str], Notify] = {}
        self._mailing: dict[tuple[str, str], Notify] = {}
        self._callbacks: dict[str, Callback] = {}
        self._undo: list[Callable[[], None]] = []
        self.wanted = False
        """Somebody may want something."""
        self.rang = False
        """A delivery was put on its way in this transaction."""
        for endpoint in read_webhooks.standing(db):
            self.listen(endpoint)
        for project, job, text in rows.fetch(db, _NAMING):
            self.name(project, job, {"notify": rows.json_value(text)})
        for execution, body in rows.fetch(db, _CALLBACKS):
            self._callbacks[execution] = _callback(body)
        self.settle()

    def settle(self) -> None:
        """What was changed is on disk."""
        self._undo.clear()
        self.rang = False

    def roll_back(self) -> None:
        """What was changed is not on disk: it never was."""
        while self._undo:
            self._undo.pop()()
        self.rang = False

    def listen(self, endpoint: Endpoint) -> None:
        """From now on this endpoint is to be told; nothing if it is disabled."""
        known = self._endpoints.setdefault(endpoint.project, {})
        self._put(known, endpoint.number, None if endpoint.disabled_at is not None else endpoint)

    def leave(self, endpoint: Endpoint) -> None:
        """This endpoint is not there any more."""
        self._put(self._endpoints.setdefault(endpoint.project, {}), endpoint.number, None)

    def name(self, project: str, job: str, definition: Any) -> None:
        """From now on this job tells whom its definition names."""
        notify = notify_of(definition)
        self._put(self._notify, (project, job), notify)
        self._put(self._mailing, (project, job), notify if notify is not None and notify.email else None)

    def call_back(self, execution: str, callback: Callback) -> None:
        """From now on this execution's callback is to be told."""
        self._put(self._callbacks, execution, callback)

    def event(self, execution: Execution, kind: str, at: int, data: dict[str, Any]) -> None:
        """The event that was just written: a delivery for everybody who wants it."""
        callback = self._callbacks.get(execution.id) if self._callbacks else None
        wanting = self._wanting(execution.project, execution.job, kind)
        mailing = self._mailing.get((execution.project, execution.job)) if self._mailing else None
        addresses = mailing.email if mailing is not None and kind in mailing.mailed else ()
        if callback is None and not wanting and not addresses:
            return
        told = Told(
            project=execution.project, job=execution.job, execution=execution.id, number=execution.number,
            key=execution.key, status=execution.status, revision=execution.revision, data=data,
        )  # fmt: skip
        what = Parcelling(self._db.last_insert_rowid(), kind, at, told)
        for endpoint in wanting:
            self.add(endpoint.number, destination(endpoint.number), what, at)
        for address in addresses:
            self.add(*mailbox(address), what, at)
        if callback is not None:
            if kind in callback.events:
                self.add(0, callback.destination, what, at)
            if kind in _ENDS:
                self.hang_up(execution.id)

    def hang_up(self, execution: str) -> None:
        """This callback is not to be told any more."""
        self._put(self._callbacks, execution, None)
        self._db.execute(_CLOSE, (execution,))

    def wants(self, endpoint: Endpoint, job: str, kind: str) -> bool:
        """Whether an endpoint is to be told of such an event of that job."""
        notify = self._notify.get((endpoint.project, job))
        named = notify is not None and kind in notify.events and endpoint.name in notify.webhooks
        return (named and endpoint.may_hear_of(job)) or endpoint.wants(job, kind)

    def happening(self, project: str, kind: str, at: int, data: dict[str, Any], job: str = "") -> None:
        """The event of no execution that was just written."""
        what = Parcelling(self._db.last_insert_rowid(), kind, at, Told(project=project, job=job, data=data))
        for endpoint in self._wanting(project, job, kind):
            self.add(endpoint.number, destination(endpoint.number), what, at)

    def add(self, endpoint: int, line: str, what: Parcelling, at: int, id_: str | None = None) -> str:
        """Put an event on its way to a receiver, behind what is on its way there already of its execution. Its id."""
        number = what.told.number
        state = "waiting" if number and self._db.execute(_AHEAD, (endpoint, number)).get else "due"
        id_ = id_ or new_id(at)
        self._db.execute(
            _ADD,
            (
                id_, endpoint, number, what.told.project, line, what.seq, what.type, what.time, state, at, at,
                rows.json_text(what.told),
            ),
        )  # fmt: skip
        self.rang = True
        return id_

    def _wanting(self, project: str, job: str, kind: str) -> list[Endpoint]:
        endpoints = self._endpoints.get(project)
        if not endpoints:
            return []
        notify = self._notify.get((project, job)) if self._notify else None
        named = notify.webhooks if notify is not None and kind in notify.events else ()
        return [
            one for one in endpoints.values()
            if one.wants(job, kind) or (one.name in named and one.may_hear_of(job))
        ]  # fmt: skip

    def _put(self, known: dict[Any, Any], key: Any, value: Any) -> None:
        before = known.get(key)
        self._undo.append(lambda: self._set(known, key, before))
        self._set(known, key, value)

    def _set(self, known: dict[Any, Any], key: Any, value: Any) -> None:
        if value is None:
            known.pop(key, None)
        else:
            known[key] = value
        self.wanted = bool(self._callbacks) or bool(self._mailing) or any(self._endpoints.values())
