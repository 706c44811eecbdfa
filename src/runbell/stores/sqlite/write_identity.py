"""Writing projects, users, clients and keys. What stands in columns of its own wins over the record's JSON."""

from typing import Any, Final, TypeVar

import msgspec

from runbell.domain.fault import Problem
from runbell.domain.faults import InUse, InvalidField, NotFound, RevisionMismatch
from runbell.domain.principals import ApiKey, Client, Project, User
from runbell.ports.identity_table import PutClient, PutKey, PutProject, PutUser, Remove
from runbell.stores.sqlite import read_identity, rows
from runbell.stores.sqlite.protocol import KeepSecret, Uses
from runbell.stores.sqlite.transaction import Transaction

T = TypeVar("T")

_PROJECT: Final = """
    INSERT INTO projects (name, revision, body) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, body = excluded.body
"""
_USER: Final = """
    INSERT INTO users (id, name, revision, body) VALUES (?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, revision = excluded.revision, body = excluded.body
"""
_CLIENT: Final = """
    INSERT INTO clients (id, project, user, revision, body) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET user = excluded.user, revision = excluded.revision, body = excluded.body
"""
_OVERLAPPING: Final = """
    INSERT INTO client_secrets (id, client, digest, created_at, expires_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at
"""
_KEY: Final = """
    INSERT INTO keys_of_api (id, project, user, digest, last_used_at, body) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, body = excluded.body
"""
_USED: Final = {
    "key": "UPDATE keys_of_api SET last_used_at = ?1 WHERE id = ?2 AND coalesce(last_used_at, 0) < ?1",
    "secret": "UPDATE client_secrets SET last_used_at = ?1 WHERE id = ?2 AND coalesce(last_used_at, 0) < ?1",
    "user": "UPDATE users SET last_used_at = ?1 WHERE id = ?2 AND coalesce(last_used_at, 0) < ?1",
}


def put_project(tx: Transaction, put: PutProject) -> Project:
    """Make or change a project. Raises InvalidField for a foreign id that another project has."""
    standing = read_identity.project(tx.db, put.project.name)
    revision = _next(standing, put.if_revision, "project")
    for dialect, value in put.project.ids.items():
        holder = read_identity.project_by_id(tx.db, dialect, str(value))
        if holder is not None and holder.name != put.project.name:
            raise _taken(f"/ids/{dialect}", f"Another project has the {dialect} id {value} already; choose another.")
    body = rows.json_text(put.project)
    tx.db.execute(_PROJECT, (put.project.name, revision, body))
    made = _there(read_identity.project(tx.db, put.project.name))
    tx.db.execute("DELETE FROM project_ids WHERE number = ?", (made.number,))
    tx.db.executemany(
        "INSERT INTO project_ids (dialect, value, number) VALUES (?, ?, ?)",
        [(dialect, str(value), made.number) for dialect, value in made.ids.items()],
    )
    tx.audited(put.audit)
    return made


def put_user(tx: Transaction, put: PutUser) -> User:
    """Make or change a user."""
    revision = _next(read_identity.user(tx.db, put.user.id), put.if_revision, "user")
    named = read_identity.user_by_name(tx.db, put.user.name)
    if named is not None and (named.id != put.user.id or put.create):
        raise _taken("/name", f"There is a user {named.name} already; choose another name.")
    body = rows.json_text(put.user)
    tx.db.execute(_USER, (put.user.id, put.user.name, revision, body))
    tx.audited(put.audit)
    return _there(read_identity.user(tx.db, put.user.id))


def put_client(tx: Transaction, put: PutClient) -> Client:
    """Make or change a client; its secrets become those that are named."""
    client = put.client
    standing = read_identity.client(tx.db, client.id)
    if standing is not None and (put.create or standing.project != client.project):
        raise _taken("/id", f"There is a client {client.id} already; choose another id.")
    revision = _next(standing, put.if_revision, "client")
    body = rows.json_text(msgspec.structs.replace(client, secrets=()))
    tx.db.execute(_CLIENT, (client.id, client.project, client.user, revision, body))
    kept = {secret.id for secret in client.secrets}
    for secret in standing.secrets if standing is not None else ():
        if secret.id not in kept:
            tx.db.execute("DELETE FROM client_secrets WHERE id = ?", (secret.id,))
    tx.db.executemany(
        _OVERLAPPING, [(one.id, client.id, one.digest, one.created_at, one.expires_at) for one in client.secrets]
    )
    if client.disabled_at is not None:
        tx.db.execute("DELETE FROM tokens WHERE client = ?", (client.id,))
    tx.audited(put.audit)
    return _there(read_identity.client(tx.db, client.id))


def put_key(tx: Transaction, put: PutKey) -> ApiKey:
    """Keep a key; one of the same id is replaced."""
    key = put.key
    body = rows.json_text(msgspec.structs.replace(key, digest=b""))
    tx.db.execute(_KEY, (key.id, key.project, key.user, key.digest, key.last_used_at, body))
    tx.audited(put.audit)
    return _there(read_identity.key(tx.db, key.id))


def remove(tx: Transaction, what: Remove) -> bool:
    """Delete a record and every credential that hangs on it. False when there is none."""
    db, name = tx.db, what.name
    match what.kind:
        case "project":
            standing: Any = read_identity.project(db, name)
            if standing is not None:
                _check_empty(tx, name)
                db.execute("DELETE FROM project_ids WHERE number = ?", (standing.number,))
                db.execute("DELETE FROM projects WHERE name = ?", (name,))
        case "user":
            standing = read_identity.user(db, name)
            db.execute("DELETE FROM tokens WHERE subject = ?", (f"user:{name}",))
            db.execute("DELETE FROM keys_of_api WHERE user = ?", (name,))
            for (client,) in rows.fetch(db, "SELECT id FROM clients WHERE user = ?", (name,)):
                remove(tx, Remove(kind="client", name=client))
            db.execute("DELETE FROM users WHERE id = ?", (name,))
        case "client":
            standing = read_identity.client(db, name)
            db.execute("DELETE FROM tokens WHERE client = ?", (name,))
            db.execute("DELETE FROM client_secrets WHERE client = ?", (name,))
            db.execute("DELETE FROM clients WHERE id = ?", (name,))
        case "key":
            standing = read_identity.key(db, name)
            db.execute("DELETE FROM keys_of_api WHERE id = ?", (name,))
    if standing is None:
        return False
    _next(standing, what.if_revision, what.kind)
    tx.audited(what.audit)
    return True


def used(tx: Transaction, uses: Uses) -> None:
    """Note when things were last used."""
    for use in uses.uses:
        tx.db.execute(_USED[use.kind], (use.at, use.id))


def keep_secret(tx: Transaction, secret: KeepSecret) -> bytes:
    """What is kept under the name: what was there first."""
    tx.db.execute("INSERT INTO secrets (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", (secret.name, secret.fresh))
    kept = read_identity.secret(tx.db, secret.name)
    return kept if kept is not None else secret.fresh


def _check_empty(tx: Transaction, project: str) -> None:
    for table in ("jobs", "clients", "keys_of_api"):
        if tx.db.execute(f"SELECT EXISTS (SELECT 1 FROM {table} WHERE project = ?)", (project,)).get:
            raise InUse(f"Project {project} still has {table.partition('_')[0]}; a project that is deleted is empty.")


def _next(standing: Any, if_revision: int | None, what: str) -> int:
    """The revision that a change makes. Raises RevisionMismatch when it was made on another than the one there is."""
    if standing is None:
        if if_revision is not None:
            raise NotFound(f"That {what} is not there any more.")
        return 1
    revision: int = getattr(standing, "revision", 1)
    if if_revision is not None and revision != if_revision:
        raise RevisionMismatch(f"The {what} is at revision {revision}, not {if_revision}; read it again first.")
    return revision + 1


def _taken(pointer: str, said: str) -> InvalidField:
    return InvalidField(said, problems=(Problem(pointer, "taken", said),))


def _there(made: T | None) -> T:
    if made is None:
        raise RuntimeError("A record vanished inside its transaction; report this as a defect.")
    return made
