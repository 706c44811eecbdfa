"""Writing projects, users, clients and keys. What stands in columns of its own wins over the record's JSON."""

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

import apsw
import msgspec

from runbell.domain.faults import InUse, InvalidField, NotFound
from runbell.domain.identity import EVERYWHERE
from runbell.domain.principals import ApiKey, Client, Project, User
from runbell.ports.identity_table import PutClient, PutKey, PutProject, PutUser, Remove
from runbell.ports.revisions import ABSENT, PRESENT
from runbell.stores.sqlite import read_identity, read_webhooks, revisions, rows
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
    INSERT INTO keys_of_api (id, project, name, user, digest, last_used_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, digest = excluded.digest, body = excluded.body
"""
_NAMED: Final = "SELECT id FROM keys_of_api WHERE project = ? AND name = ? LIMIT 1"
# A token says which secret it was given for; one that does not is ended with any of them.
_END_OF_SECRET: Final = """
    DELETE FROM tokens WHERE client = ?1 AND coalesce(json_extract(body, '$.about.secret'), ?2) = ?2
"""  # noqa: S105 - SQL
_END_OF_CLIENTS: Final = "DELETE FROM tokens WHERE client IN (SELECT id FROM clients WHERE user = ?)"
_END_OF_SUBJECT: Final = "DELETE FROM tokens WHERE subject = ?"
_END_OF_CLIENT: Final = "DELETE FROM tokens WHERE client = ?"
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
    """Make or change a user. Whoever is disabled, or has another password, is signed out everywhere."""
    user = put.user
    standing = read_identity.user(tx.db, user.id)
    revision = _next(standing, put.if_revision, "user")
    named = read_identity.user_by_name(tx.db, user.name)
    if named is not None and (named.id != user.id or put.create):
        raise _taken("/name", f"There is a user {named.name} already; choose another name.")
    _check_projects(tx, user.roles)
    tx.db.execute(_USER, (user.id, user.name, revision, rows.json_text(user)))
    _hold(tx, "user", user.id, user.roles)
    if user.disabled_at is not None or (standing is not None and standing.password != user.password):
        tx.db.execute(_END_OF_SUBJECT, (f"user:{user.id}",))
        tx.db.execute("DELETE FROM codes WHERE user = ?", (user.id,))
    if user.disabled_at is not None:
        tx.db.execute(_END_OF_CLIENTS, (user.id,))
    tx.audited(put.audit)
    return _there(read_identity.user(tx.db, user.id))


def put_client(tx: Transaction, put: PutClient) -> Client:
    """Make or change a client; its secrets become those that are named."""
    client = put.client
    standing = read_identity.client(tx.db, client.id)
    if standing is not None and (put.create or standing.project != client.project):
        raise _taken("/id", f"There is a client {client.id} already; choose another id.")
    revision = _next(standing, put.if_revision, "client")
    _check_projects(tx, (client.project, *client.grants))
    _check_user(tx, client.user)
    body = rows.json_text(msgspec.structs.replace(client, secrets=()))
    tx.db.execute(_CLIENT, (client.id, client.project, client.user, revision, body))
    _hold(tx, "client", client.id, (client.project, *client.grants))
    kept = {secret.id for secret in client.secrets}
    for secret in standing.secrets if standing is not None else ():
        if secret.id not in kept:
            tx.db.execute("DELETE FROM client_secrets WHERE id = ?", (secret.id,))
            tx.db.execute(_END_OF_SECRET, (client.id, secret.id))
    tx.db.executemany(
        _OVERLAPPING, [(one.id, client.id, one.digest, one.created_at, one.expires_at) for one in client.secrets]
    )
    if client.disabled_at is not None:
        tx.db.execute(_END_OF_CLIENT, (client.id,))
    tx.audited(put.audit)
    return _there(read_identity.client(tx.db, client.id))


def put_key(tx: Transaction, put: PutKey) -> ApiKey:
    """Keep a key; one of the same id is replaced."""
    key = put.key
    standing = read_identity.key(tx.db, key.id)
    revision = _next(standing, put.if_revision, "key")
    named = tx.db.execute(_NAMED, (key.project, key.name)).get
    if named is not None and (put.create or (standing is not None and standing.name != key.name)):
        raise _taken("/name", f"This project has a key {key.name} already; choose another name.")
    _check_projects(tx, (key.project, *(key.grants or {})))
    _check_user(tx, key.user)
    body = rows.json_text(msgspec.structs.replace(key, digest=b"", revision=revision))
    tx.db.execute(_KEY, (key.id, key.project, key.name, key.user, key.digest, key.last_used_at, body))
    _hold(tx, "key", key.id, (key.project, *(key.grants or {})))
    tx.audited(put.audit)
    return _there(read_identity.key(tx.db, key.id))


def remove(tx: Transaction, what: Remove) -> bool:
    """Delete a record and every credential that hangs on it. False when there is none."""
    standing: Any = _READ[what.kind](tx.db, what.name)
    if standing is None:
        return False
    _next(standing, what.if_revision, what.kind)
    if what.kind == "project":
        _check_empty(tx, what.name)
    _REMOVE[what.kind](tx, what.name)
    tx.db.execute("DELETE FROM holders WHERE kind = ? AND id = ?", (what.kind, what.name))
    tx.audited(what.audit)
    return True


def _remove_project(tx: Transaction, name: str) -> None:
    tx.db.execute("DELETE FROM project_ids WHERE number = (SELECT number FROM projects WHERE name = ?)", (name,))
    tx.db.execute("DELETE FROM projects WHERE name = ?", (name,))


def _remove_user(tx: Transaction, user: str) -> None:
    tx.db.execute(_END_OF_SUBJECT, (f"user:{user}",))
    for (key,) in rows.fetch(tx.db, "SELECT id FROM keys_of_api WHERE user = ?", (user,)):
        remove(tx, Remove(kind="key", name=key))
    for (client,) in rows.fetch(tx.db, "SELECT id FROM clients WHERE user = ?", (user,)):
        remove(tx, Remove(kind="client", name=client))
    tx.db.execute("DELETE FROM users WHERE id = ?", (user,))


def _remove_client(tx: Transaction, client: str) -> None:
    tx.db.execute(_END_OF_CLIENT, (client,))
    tx.db.execute("DELETE FROM client_secrets WHERE client = ?", (client,))
    tx.db.execute("DELETE FROM clients WHERE id = ?", (client,))


def _remove_key(tx: Transaction, key: str) -> None:
    tx.db.execute("DELETE FROM keys_of_api WHERE id = ?", (key,))


_READ: Final[dict[str, Callable[[apsw.Connection, str], Any]]] = {
    "project": read_identity.project,
    "user": read_identity.user,
    "client": read_identity.client,
    "key": read_identity.key,
}
_REMOVE: Final = {"project": _remove_project, "user": _remove_user, "client": _remove_client, "key": _remove_key}


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
    """A project goes only when nothing is left in it. Raises InUse."""
    if tx.db.execute("SELECT EXISTS (SELECT 1 FROM jobs WHERE project = ?)", (project,)).get:
        raise InUse(f"Project {project} has jobs, if only retired ones with their history; it has to stay.")
    if tx.db.execute("SELECT EXISTS (SELECT 1 FROM project_secrets WHERE project = ?)", (project,)).get:
        raise InUse(f"Project {project} has secrets; delete them first.")
    if read_webhooks.page(tx.db, project, "", 1):
        raise InUse(f"Project {project} has webhooks; delete them first.")
    kind = tx.db.execute("SELECT kind FROM holders WHERE project = ? LIMIT 1", (project,)).get
    if kind is not None:
        said = f"Project {project} still has {kind}s with rights in it; delete them, or take these rights away, first."
        raise InUse(said)


def _check_projects(tx: Transaction, names: Iterable[str]) -> None:
    """Rights are given only in projects that are there. Raises InvalidField."""
    for name in names:
        if name != EVERYWHERE and read_identity.project(tx.db, name) is None:
            said = f"There is no project {name}; make it first."
            raise InvalidField.at("", "unknown_project", said)


def _check_user(tx: Transaction, user: str | None) -> None:
    if user is not None and read_identity.user(tx.db, user) is None:
        said = "That user is not there any more."
        raise InvalidField.at("/user", "unknown_user", said)


def _hold(tx: Transaction, kind: str, holder: str, projects: Iterable[str]) -> None:
    """Write down in which projects somebody holds something."""
    tx.db.execute("DELETE FROM holders WHERE kind = ? AND id = ?", (kind, holder))
    tx.db.executemany(
        "INSERT INTO holders (project, kind, id) VALUES (?, ?, ?)",
        [(project, kind, holder) for project in dict.fromkeys(projects)],
    )


def _next(standing: Any, if_revision: int | None, what: str) -> int:
    """The revision that a change makes. Raises RevisionMismatch when it was made on another than the one there is."""
    if standing is None:
        if if_revision not in (None, ABSENT, PRESENT):
            raise NotFound(f"There is no such {what}, or none any more; list them to see those there are.")
        revisions.check(what, None, if_revision)
        return 1
    revision: int = getattr(standing, "revision", 1)
    revisions.check(what, revision, if_revision)
    return revision + 1


def _taken(pointer: str, said: str) -> InvalidField:
    return InvalidField.at(pointer, "taken", said)


def _there(made: T | None) -> T:
    if made is None:
        raise RuntimeError("A record vanished inside its transaction; report this as a defect.")
    return made
