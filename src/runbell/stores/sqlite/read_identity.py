"""Reading projects, users, clients, keys, tokens and the server's own secrets."""

from typing import Any, Final, TypeVar

import apsw
import msgspec

from runbell.domain.principals import (
    ApiKey,
    AuthorizationCode,
    Client,
    ClientSecret,
    DeviceRequest,
    Project,
    Token,
    User,
)
from runbell.stores.sqlite import rows

T = TypeVar("T")

_PROJECT: Final = "SELECT number, revision, body FROM projects"
_USER: Final = "SELECT revision, last_used_at, body FROM users"
_CLIENT: Final = "SELECT revision, body FROM clients"
_SECRETS: Final = """
    SELECT id, digest, created_at, expires_at, last_used_at FROM client_secrets WHERE client = ? ORDER BY created_at, id
"""
_KEY: Final = "SELECT digest, last_used_at, body FROM keys_of_api"
_TOKEN: Final = "SELECT digest, spent_at, body FROM tokens"  # noqa: S105 - SQL
_DEVICE: Final = "SELECT digest, body FROM devices"
_CODE: Final = "SELECT digest, body FROM codes WHERE digest = ?"
_KEPT: Final = "SELECT value FROM secrets WHERE name = ?"
_GOOD: Final = "kind = 'refresh' AND spent_at IS NULL AND session > ?"
_SESSIONS: Final = f"{_TOKEN} INDEXED BY tokens_refreshing WHERE {_GOOD} ORDER BY session LIMIT ?"
_SESSIONS_OF: Final = f"{_TOKEN} INDEXED BY tokens_refreshing_of WHERE {_GOOD} AND subject = ? ORDER BY session LIMIT ?"


def _one(db: apsw.Connection, sql: str, *values: Any) -> tuple[Any, ...] | None:
    row: tuple[Any, ...] | None = db.execute(sql, values).fetchone()
    return row


def record(shape: type[T], body: str, **columns: Any) -> T:
    """The record of a body; what stands in columns of its own wins."""
    return msgspec.structs.replace(msgspec.json.decode(body, type=shape), **columns)  # type: ignore[type-var]


def project(db: apsw.Connection, name: str) -> Project | None:
    """The project of that name."""
    return _project(_one(db, f"{_PROJECT} WHERE name = ?", name))


def project_by_id(db: apsw.Connection, dialect: str, value: str) -> Project | None:
    """The project that clients of a dialect know by that id."""
    sql = f"{_PROJECT} WHERE number = (SELECT number FROM project_ids WHERE dialect = ? AND value = ?)"
    return _project(_one(db, sql, dialect, value))


def projects(db: apsw.Connection, after: str, limit: int) -> list[Project]:
    """Projects by name."""
    found = rows.fetch(db, f"{_PROJECT} WHERE name > ? ORDER BY name LIMIT ?", (after, limit))
    return [project for row in found if (project := _project(row)) is not None]


def _project(row: tuple[Any, ...] | None) -> Project | None:
    return None if row is None else record(Project, row[2], number=row[0], revision=row[1])


def user(db: apsw.Connection, user_id: str) -> User | None:
    """The user of that id."""
    return _user(_one(db, f"{_USER} WHERE id = ?", user_id))


def user_by_name(db: apsw.Connection, name: str) -> User | None:
    """The user of that name, letter case ignored."""
    return _user(_one(db, f"{_USER} WHERE name = ?", name))


def users(db: apsw.Connection, after: str, limit: int) -> list[User]:
    """Users by name."""
    found = rows.fetch(db, f"{_USER} WHERE name > ? ORDER BY name LIMIT ?", (after, limit))
    return [user for row in found if (user := _user(row)) is not None]


def _user(row: tuple[Any, ...] | None) -> User | None:
    return None if row is None else record(User, row[2], revision=row[0], last_used_at=row[1])


def client(db: apsw.Connection, client_id: str) -> Client | None:
    """The client of that id, with its secrets."""
    return _client(db, _one(db, f"{_CLIENT} WHERE id = ?", client_id))


def clients(db: apsw.Connection, project: str, after: str, limit: int) -> list[Client]:
    """The clients of a project by id."""
    found = rows.fetch(db, f"{_CLIENT} WHERE project = ? AND id > ? ORDER BY id LIMIT ?", (project, after, limit))
    return [client for row in found if (client := _client(db, row)) is not None]


def _client(db: apsw.Connection, row: tuple[Any, ...] | None) -> Client | None:
    if row is None:
        return None
    found = record(Client, row[1], revision=row[0])
    secrets = tuple(
        ClientSecret(id=id_, digest=digest, created_at=created, expires_at=expires, last_used_at=used)
        for id_, digest, created, expires, used in rows.fetch(db, _SECRETS, (found.id,))
    )
    return msgspec.structs.replace(found, secrets=secrets)


def key(db: apsw.Connection, key_id: str) -> ApiKey | None:
    """The key of that public id."""
    return _key(_one(db, f"{_KEY} WHERE id = ?", key_id))


def key_by_digest(db: apsw.Connection, digest: bytes) -> ApiKey | None:
    """The key whose whole text has that SHA-256."""
    return _key(_one(db, f"{_KEY} WHERE digest = ?", digest))


def keys(db: apsw.Connection, project: str, after: str, limit: int) -> list[ApiKey]:
    """The keys of a project by id."""
    found = rows.fetch(db, f"{_KEY} WHERE project = ? AND id > ? ORDER BY id LIMIT ?", (project, after, limit))
    return [key for row in found if (key := _key(row)) is not None]


def keys_of(db: apsw.Connection, user_id: str) -> list[ApiKey]:
    """The keys of a user by id, in whatever project."""
    found = rows.fetch(db, f"{_KEY} WHERE user = ? ORDER BY id", (user_id,))
    return [key for row in found if (key := _key(row)) is not None]


def any_key(db: apsw.Connection) -> bool:
    """True once there is a key."""
    return bool(db.execute("SELECT EXISTS (SELECT 1 FROM keys_of_api)").get)


def _key(row: tuple[Any, ...] | None) -> ApiKey | None:
    return None if row is None else record(ApiKey, row[2], digest=row[0], last_used_at=row[1])


def token(db: apsw.Connection, digest: bytes) -> Token | None:
    """The token of that digest, whether it is still good or not."""
    return _token(_one(db, f"{_TOKEN} WHERE digest = ?", digest))


def sessions(db: apsw.Connection, subject: str | None, after: str, limit: int) -> list[Token]:
    """The refresh token of each sign-in that is still good, by session; those of one subject, or all."""
    sql, values = (_SESSIONS, (after, limit)) if subject is None else (_SESSIONS_OF, (after, subject, limit))
    found = rows.fetch(db, sql, values)
    return [token for row in found if (token := _token(row)) is not None]


def token_of(db: apsw.Connection, session: str) -> Token | None:
    """One of the tokens of a session, None when it has ended or never was."""
    return _token(_one(db, f"{_TOKEN} WHERE session = ? LIMIT 1", session))


def _token(row: tuple[Any, ...] | None) -> Token | None:
    return None if row is None else record(Token, row[2], digest=row[0], spent_at=row[1])


def device(db: apsw.Connection, digest: bytes) -> DeviceRequest | None:
    """The sign-in of the device code with that digest."""
    return _device(_one(db, f"{_DEVICE} WHERE digest = ?", digest))


def device_by_code(db: apsw.Connection, user_code: str) -> DeviceRequest | None:
    """The sign-in of the code that a person typed."""
    return _device(_one(db, f"{_DEVICE} WHERE user_code = ?", user_code))


def _device(row: tuple[Any, ...] | None) -> DeviceRequest | None:
    return None if row is None else record(DeviceRequest, row[1], digest=row[0])


def code(db: apsw.Connection, digest: bytes) -> AuthorizationCode | None:
    """The authorization code with that digest, unless it was used."""
    row = _one(db, _CODE, digest)
    return None if row is None else record(AuthorizationCode, row[1], digest=row[0])


def secret(db: apsw.Connection, name: str) -> bytes | None:
    """What the server keeps under that name, once something is."""
    kept: bytes | None = db.execute(_KEPT, (name,)).get
    return kept
