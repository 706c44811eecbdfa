"""Writing endpoints, and the callbacks that executions start with."""

from typing import Final

import msgspec

from runbell.domain.endpoint import ENDPOINT_DISABLED, FAILING, FAILING_MS, Callback, Endpoint
from runbell.domain.execution import Execution
from runbell.domain.faults import InvalidField, NotFound, RevisionMismatch
from runbell.ports.webhook_table import PutCallbackSecret, PutEndpoint, RemoveEndpoint
from runbell.stores.sqlite import read_webhooks, rows
from runbell.stores.sqlite.transaction import Transaction

_INSERT: Final = """
    INSERT INTO endpoints (id, project, name, revision, sealed, old, old_until, disabled_at, disabled_why, body)
    VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?)
"""
_UPDATE: Final = """
    UPDATE endpoints
    SET name = ?, revision = revision + 1, failing_since = ?, disabled_at = ?, disabled_why = ?, body = ?
    WHERE number = ? AND revision = ?
"""
_KEYS: Final = "UPDATE endpoints SET sealed = ?, old = ?, old_until = ? WHERE number = ?"
_COUNT: Final = "SELECT count(*) FROM endpoints INDEXED BY endpoints_by_name WHERE project = ? AND deleted_at IS NULL"
# The row stays for the deliveries that name it; its secrets go.
_DELETE: Final = """
    UPDATE endpoints SET deleted_at = ?, sealed = '', old = NULL, old_until = NULL, revision = revision + 1
    WHERE number = ? AND deleted_at IS NULL
"""
_DISABLE: Final = """
    UPDATE endpoints SET disabled_at = ?, disabled_why = ?, revision = revision + 1
    WHERE number = ? AND disabled_at IS NULL AND deleted_at IS NULL
"""
_FAILING: Final = "UPDATE endpoints SET failing_since = coalesce(failing_since, ?) WHERE number = ?"
_WELL: Final = "UPDATE endpoints SET failing_since = NULL WHERE number = ? AND failing_since IS NOT NULL"
_OWN: Final = """
    INSERT INTO callback_secrets (client, sealed, old, old_until) VALUES (?1, ?2, CASE WHEN ?4 THEN ?3 END, ?4)
    ON CONFLICT (client) DO UPDATE SET old = CASE WHEN ?4 THEN sealed END, sealed = excluded.sealed, old_until = ?4
"""
_CALLBACK: Final = "INSERT INTO callbacks (execution, open, body) VALUES (?, 1, ?)"


def put_endpoint(tx: Transaction, put: PutEndpoint) -> Endpoint:
    """Make or change an endpoint. Raises InvalidField for a name that is taken or one endpoint too many."""
    wanted = put.endpoint
    body = rows.json_text(wanted)
    holder = read_webhooks.named(tx.db, wanted.project, wanted.name)
    if holder is not None and holder.number != wanted.number:
        raise InvalidField.at("/name", "taken", f"There is a webhook {wanted.name} already; choose another name.")
    if wanted.number == 0:
        if tx.db.execute(_COUNT, (wanted.project,)).get >= put.most:
            said = f"This project has {put.most} webhooks, as many as it may; delete one that nobody needs."
            raise InvalidField.at("", "too_many", said)
        if put.keys is None:
            raise RuntimeError("A new endpoint has a secret; report this as a defect.")
        tx.db.execute(
            _INSERT,
            (
                wanted.id, wanted.project, wanted.name, *msgspec.structs.astuple(put.keys), wanted.disabled_at,
                wanted.disabled_why, body,
            ),
        )  # fmt: skip
        number = tx.db.last_insert_rowid()
    else:
        number = wanted.number
        standing = read_webhooks.endpoint(tx.db, number)
        _check(standing, wanted.revision)
        tx.db.execute(
            _UPDATE,
            (
                wanted.name, wanted.failing_since, wanted.disabled_at, wanted.disabled_why, body, number,
                wanted.revision,
            ),
        )  # fmt: skip
        if put.keys is not None:
            tx.db.execute(_KEYS, (*msgspec.structs.astuple(put.keys), number))
    tx.audited(put.audit)
    made = _there(tx, number)
    tx.outbox.listen(made)
    return made


def remove_endpoint(tx: Transaction, asked: RemoveEndpoint) -> None:
    """Delete an endpoint; what is on its way to it is given up in pieces, by who sends. Raises NotFound."""
    standing = read_webhooks.endpoint(tx.db, asked.number)
    _check(standing, asked.if_revision)
    tx.db.execute(_DELETE, (asked.at, asked.number))
    tx.audited(asked.audit)
    if standing is not None:
        tx.outbox.leave(standing)
        tx.outbox.rang = True


def put_callback_secret(tx: Transaction, put: PutCallbackSecret) -> None:
    """Replace what signs the callbacks of a client."""
    tx.db.execute(_OWN, (put.client, put.sealed, put.first, put.old_until))
    tx.audited(put.audit)


def keep_callback(tx: Transaction, execution: Execution, callback: Callback) -> None:
    """Note whom an execution that is being accepted tells; before its first event."""
    tx.db.execute(_CALLBACK, (execution.id, rows.json_text(callback)))
    tx.outbox.call_back(execution.id, callback)


def well(tx: Transaction, number: int) -> None:
    """An endpoint has answered with success."""
    tx.db.execute(_WELL, (number,))


def failed(tx: Transaction, number: int, at: int) -> None:
    """An endpoint has failed; after five days without one success it is disabled."""
    tx.db.execute(_FAILING, (at, number))
    endpoint = read_webhooks.endpoint(tx.db, number)
    if endpoint is not None and endpoint.failing_since is not None and at - endpoint.failing_since >= FAILING_MS:
        disable(tx, number, at, FAILING)


def disable(tx: Transaction, number: int, at: int, why: str) -> None:
    """Tell an endpoint nothing any more, and its owner that it is so."""
    tx.db.execute(_DISABLE, (at, why, number))
    if tx.db.changes():
        endpoint = _there(tx, number)
        tx.outbox.listen(endpoint)
        said = {"endpoint": f"wh_{endpoint.id}", "name": endpoint.name, "reason": why}
        tx.happening(endpoint.project, ENDPOINT_DISABLED, at, said, job=endpoint.job or "")


def _there(tx: Transaction, number: int) -> Endpoint:
    found = read_webhooks.endpoint(tx.db, number)
    if found is None:
        raise RuntimeError("A webhook vanished inside its transaction; report this as a defect.")
    return found


def _check(standing: Endpoint | None, revision: int | None) -> None:
    if standing is None:
        raise NotFound("That webhook is not there any more; list the webhooks to see those there are.")
    if revision is not None and standing.revision != revision:
        said = f"The webhook is at revision {standing.revision}, not {revision}; read it again, then change it."
        raise RevisionMismatch(said)
