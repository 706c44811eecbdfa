"""Writing tokens and sign-ins: given out, spent, revoked, forgotten."""

from typing import Final

import msgspec

from runbell.domain.principals import Token
from runbell.ports.identity_table import PutCode, PutDevice, PutToken, Revoke
from runbell.stores.sqlite import read_identity, rows
from runbell.stores.sqlite.transaction import Transaction

SWEPT: Final = 20

_ADD: Final = """
    INSERT INTO tokens (digest, session, subject, client, kind, expires_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_FORGET: Final = """
    DELETE FROM tokens
    WHERE digest IN (SELECT digest FROM tokens INDEXED BY tokens_by_end WHERE expires_at < ? LIMIT ?)
"""
_SPEND: Final = "UPDATE tokens SET spent_at = coalesce(spent_at, ?) WHERE digest = ?"
_DEVICE: Final = """
    INSERT INTO devices (digest, user_code, expires_at, body) VALUES (?, ?, ?, ?)
    ON CONFLICT (digest) DO UPDATE SET body = excluded.body, expires_at = excluded.expires_at
"""

_CODE: Final = "INSERT INTO codes (digest, user, expires_at, body) VALUES (?, ?, ?, ?)"


def put_token(tx: Transaction, put: PutToken) -> bool:
    """Keep tokens, and forget some that are over. False: what they are given for was stolen; its session has ended."""
    if put.spends is not None:
        spent = read_identity.token(tx.db, put.spends)
        if spent is None:
            return False
        if spent.spent_at is not None and put.at - spent.spent_at > put.grace_ms:
            tx.db.execute("DELETE FROM tokens WHERE session = ?", (spent.session,))
            return False
        tx.db.execute(_SPEND, (put.at, put.spends))
    if put.code is not None:
        tx.db.execute("DELETE FROM codes WHERE digest = ?", (put.code,))
        if not tx.db.changes():
            tx.db.execute("DELETE FROM tokens WHERE session = ?", (put.tokens[0].session,))
            return False
    tx.db.execute(_FORGET, (put.at, SWEPT))
    tx.db.executemany(_ADD, [_row(token) for token in put.tokens])
    tx.audited(put.audit)
    return True


def revoke(tx: Transaction, which: Revoke) -> int:
    """End tokens; how many there were."""
    for column in ("digest", "session", "subject", "client"):
        value = getattr(which, column)
        if value is not None:
            tx.db.execute(f"DELETE FROM tokens WHERE {column} = ?", (value,))
            ended: int = tx.db.changes()
            if ended:
                tx.audited(which.audit)
            return ended
    return 0


def put_device(tx: Transaction, put: PutDevice) -> bool:
    """Keep a sign-in, and forget those that are over. False: it was decided, or redeemed, before."""
    device = put.device
    if put.step == "redeem":
        tx.db.execute("DELETE FROM devices WHERE digest = ?", (device.digest,))
        return bool(tx.db.changes())
    if put.step != "offer":
        found = read_identity.device(tx.db, device.digest)
        if found is None or found.user is not None or found.denied:
            return False
    tx.db.execute("DELETE FROM devices WHERE expires_at < ?", (device.created_at - 60_000,))
    body = rows.json_text(msgspec.structs.replace(device, digest=b""))
    tx.db.execute(_DEVICE, (device.digest, device.user_code, device.expires_at, body))
    tx.audited(put.audit)
    return True


def put_code(tx: Transaction, put: PutCode) -> None:
    """Keep an authorization code and forget those that are over; or take one away unused."""
    code = put.code
    if put.burn:
        tx.db.execute("DELETE FROM codes WHERE digest = ?", (code.digest,))
    else:
        tx.db.execute("DELETE FROM codes WHERE expires_at < ?", (code.created_at,))
        body = rows.json_text(msgspec.structs.replace(code, digest=b""))
        tx.db.execute(_CODE, (code.digest, code.user, code.expires_at, body))
    tx.audited(put.audit)


def _row(token: Token) -> tuple[object, ...]:
    body = rows.json_text(msgspec.structs.replace(token, digest=b""))
    return token.digest, token.session, token.subject, token.client, token.kind, token.expires_at, body
