"""API keys and the server's own secrets: the few rows that admit a caller."""

from typing import Final

import apsw

from runbell.domain.identity import ApiKey
from runbell.stores.sqlite import rows
from runbell.stores.sqlite.protocol import KeepSecret, KeyUsed
from runbell.stores.sqlite.rows import Row
from runbell.stores.sqlite.transaction import Transaction

_COLUMNS: Final = "id, name, project, digest, scopes, created_at, expires_at, last_used_at"
_PUT: Final = f"""
    INSERT INTO api_keys ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, project = excluded.project, digest = excluded.digest,
        scopes = excluded.scopes, expires_at = excluded.expires_at
"""
_BY_ID: Final = f"SELECT {_COLUMNS} FROM api_keys WHERE id = ?"
_BY_DIGEST: Final = f"SELECT {_COLUMNS} FROM api_keys WHERE digest = ?"
_USED: Final = "UPDATE api_keys SET last_used_at = ?1 WHERE id = ?2 AND (last_used_at IS NULL OR last_used_at < ?1)"
_SECRET: Final = "SELECT value FROM secrets WHERE name = ?"  # noqa: S105 - SQL


def put_key(tx: Transaction, key: ApiKey) -> None:
    """Keep a key; one of the same id is replaced."""
    tx.db.execute(
        _PUT,
        (
            key.id, key.name, key.project, key.digest, rows.json_text(key.scopes), key.created_at, key.expires_at,
            key.last_used_at,
        ),
    )  # fmt: skip


def key_used(tx: Transaction, used: KeyUsed) -> None:
    """Note when a key was last used."""
    tx.db.execute(_USED, (used.at, used.key_id))


def keep_secret(tx: Transaction, secret: KeepSecret) -> bytes:
    """What is kept under the name: what was there first."""
    tx.db.execute("INSERT INTO secrets (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", (secret.name, secret.fresh))
    kept: bytes = tx.db.execute(_SECRET, (secret.name,)).get
    return kept


def secret(db: apsw.Connection, name: str) -> bytes | None:
    """What is kept under that name, once something is."""
    kept: bytes | None = db.execute(_SECRET, (name,)).get
    return kept


def key(db: apsw.Connection, key_id: str) -> ApiKey | None:
    """The key of that public id."""
    return _key(db.execute(_BY_ID, (key_id,)).fetchone())


def key_by_digest(db: apsw.Connection, digest: bytes) -> ApiKey | None:
    """The key whose whole text has that SHA-256."""
    return _key(db.execute(_BY_DIGEST, (digest,)).fetchone())


def any_key(db: apsw.Connection) -> bool:
    """True once there is a key."""
    return bool(db.execute("SELECT EXISTS (SELECT 1 FROM api_keys)").get)


def _key(row: Row | None) -> ApiKey | None:
    if row is None:
        return None
    id_, name, project, digest, scopes, created_at, expires_at, last_used_at = row
    return ApiKey(
        id=id_,
        name=name,
        project=project,
        digest=digest,
        scopes=rows.json_words(scopes),
        created_at=created_at,
        expires_at=expires_at,
        last_used_at=last_used_at,
    )
