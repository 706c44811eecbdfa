"""Writing the secrets of projects, which come sealed."""

from typing import Final

from runbell.domain.faults import NotFound
from runbell.ports.secret_table import KeepSealingKey, PutSecret, RemoveSecret, SecretPut, SecretUses
from runbell.stores.sqlite import read_secrets, revisions
from runbell.stores.sqlite.transaction import Transaction

_PUT: Final = """
    INSERT INTO project_secrets (project, name, revision, sealed, created_at, updated_at, updated_by)
    VALUES (?1, ?2, 1, ?3, ?4, ?4, ?5)
    ON CONFLICT (project, name) DO UPDATE SET
        revision = revision + 1, sealed = excluded.sealed, updated_at = excluded.updated_at,
        updated_by = excluded.updated_by
"""
_REMOVE: Final = "DELETE FROM project_secrets WHERE project = ? AND name = ?"
_USED: Final = """
    UPDATE project_secrets SET last_used_at = ?3 WHERE project = ?1 AND name = ?2 AND coalesce(last_used_at, 0) < ?3
"""


def put_secret(tx: Transaction, put: PutSecret) -> SecretPut:
    """Make or change a secret. Raises RevisionMismatch."""
    standing = read_secrets.secret(tx.db, put.project, put.name)
    revisions.check("secret", None if standing is None else standing.revision, put.if_revision)
    tx.db.execute(_PUT, (put.project, put.name, put.sealed, put.at, put.actor))
    tx.audited(put.audit)
    made = read_secrets.secret(tx.db, put.project, put.name)
    if made is None:
        raise RuntimeError(f"Secret {put.name} vanished inside a transaction; report this as a defect.")
    return SecretPut(made, created=standing is None)


def remove_secret(tx: Transaction, asked: RemoveSecret) -> None:
    """Delete a secret. Raises NotFound, RevisionMismatch."""
    standing = read_secrets.secret(tx.db, asked.project, asked.name)
    if standing is None:
        raise NotFound(f"There is no secret {asked.name}; list the secrets to see those there are.")
    revisions.check("secret", standing.revision, asked.if_revision)
    tx.db.execute(_REMOVE, (asked.project, asked.name))
    tx.audited(asked.audit)


def used(tx: Transaction, uses: SecretUses) -> None:
    """Note when secrets were last used."""
    tx.db.executemany(_USED, [(uses.project, name, uses.at) for name in uses.names])


def keep_sealing_key(tx: Transaction, kept: KeepSealingKey) -> None:
    """Note the id of a key."""
    tx.db.execute("INSERT INTO sealing_keys (id) VALUES (?) ON CONFLICT DO NOTHING", (kept.id,))
