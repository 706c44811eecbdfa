"""Every statement about those who can be a caller goes by an index, however many there are."""

from pathlib import Path
from typing import Any

import apsw

from runbell.ports.identity_table import (
    PutClient,
    PutCode,
    PutDevice,
    PutKey,
    PutProject,
    PutToken,
    PutUser,
    Remove,
    Revoke,
    Use,
)
from runbell.stores.sqlite import read_identity
from runbell.stores.sqlite.protocol import Uses
from tests.builders import NOON
from tests.stores.principals import a_client, a_code, a_device, a_key, a_project, a_secret, a_token, a_user

from .desk import a_database, done
from .test_plans import plan

ONE_ROW = ("SCAN CONSTANT ROW", "SCAN json_each")
SECRETS_OF_ONE_CLIENT = "USE TEMP B-TREE FOR ORDER BY"


def traced(db: apsw.Connection) -> dict[str, Any]:
    """Every statement that runs from now on, with its values."""
    seen: dict[str, Any] = {}

    def note(_: apsw.Cursor, sql: str, values: Any) -> bool:
        seen[sql] = values
        return True

    db.exec_trace = note
    return seen


def walks(db: apsw.Connection, seen: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The statements whose work grows with the tables, and what they mean to do."""
    db.exec_trace = None
    found = []
    for sql, values in seen.items():
        if sql.split(maxsplit=1)[0] not in {"SELECT", "UPDATE", "DELETE", "INSERT"}:
            continue
        steps = [step for step in plan(db, sql, values) if step.startswith("SCAN") or "TEMP B-TREE" in step]
        grown = [step for step in steps if step not in (*ONE_ROW, SECRETS_OF_ONE_CLIENT)]
        if grown:
            found.append((sql, grown))
    return found


def test_no_look_at_them_walks_a_table(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    done(db, PutUser(user=a_user()), PutClient(client=a_client(secrets=(a_secret(),))))
    seen = traced(db)
    for dialect, value in (("des", "7"), ("infolink", "x")):
        read_identity.project_by_id(db, dialect, value)
    for read, arguments in (
        (read_identity.project, ("default",)), (read_identity.projects, ("", 5)), (read_identity.user, ("u1",)),
        (read_identity.user_by_name, ("ANNA",)), (read_identity.users, ("", 5)), (read_identity.client, ("etl",)),
        (read_identity.clients, ("default", "", 5)), (read_identity.key, ("k1",)),
        (read_identity.key_by_digest, (b"x",)), (read_identity.keys, ("default", "", 5)),
        (read_identity.token, (b"x",)), (read_identity.sessions, (None, "", 5)),
        (read_identity.sessions, ("user:u1", "", 5)), (read_identity.device, (b"x",)),
        (read_identity.device_by_code, ("AB",)), (read_identity.secret, ("cursor",)),
        (read_identity.token_of, ("x1",)), (read_identity.code, (b"x",)),
    ):  # fmt: skip
        read(db, *arguments)  # type: ignore[operator]
    assert len(seen) >= 17
    assert walks(db, seen) == []


def test_no_change_of_them_walks_a_table(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    seen = traced(db)
    user, client = a_user(), a_client(user="u1", secrets=(a_secret(),))
    done(
        db,
        PutProject(project=a_project("finance", ids={"des": 7})),
        PutUser(user=user), PutUser(user=a_user(password="other")),
        PutClient(client=client), PutClient(client=a_client(user="u1")),
        PutKey(key=a_key(user="u1"), create=True),
        PutToken(tokens=(a_token(),), at=NOON), PutToken(tokens=(), at=NOON, spends=a_token().digest),
        Revoke(digest=b"1"), Revoke(session="1"), Revoke(subject="1"), Revoke(client="1"),
        PutDevice(device=a_device()), PutCode(code=a_code()), PutCode(code=a_code(), burn=True),
        PutToken(tokens=(a_token(b"2"),), at=NOON, code=b"c1"),
        Uses([Use("key", "k1", NOON), Use("secret", "s1", NOON), Use("user", "u1", NOON)]),
        PutUser(user=a_user(disabled_at=NOON)), PutClient(client=a_client(disabled_at=NOON)),
        Remove(kind="user", name="u1"), Remove(kind="client", name="etl"), Remove(kind="key", name="k1"),
        Remove(kind="project", name="finance"),
    )  # fmt: skip
    assert len(seen) > 40
    assert walks(db, seen) == []
