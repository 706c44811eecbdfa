"""S-40: every change and every refusal leaves its line in the audit log, and no line can be touched unnoticed.

Which requests change something is read from the served OpenAPI document: every operation that is no GET needs a recipe
(verify/audit_recipes.py) that makes the change, so a new route cannot be forgotten.
"""

import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

import apsw

from runbell.stores.sqlite import audit
from verify.audit_recipes import CHANGES_NOTHING, NOT_TRIED, RECIPES, takings
from verify.check import CannotCheck, Check, Figure, Trial
from verify.client import Client
from verify.server import serving

WRONG = "rb_key_wrong-0123456789abcdef-wrong"
FLUSHED_S = 4.0
TOUCHES = {
    "deleted": "DELETE FROM audit WHERE seq = :at",
    "the last deleted": "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
    "altered": "UPDATE audit SET actor = 'key:somebody' WHERE seq = :at",
    "its detail altered": """UPDATE audit SET detail = '{"job":"other"}' WHERE seq = :at""",
    "inserted": "INSERT INTO audit SELECT max(seq) + 1, at, actor, action, project, object, outcome, address, request,"
    " detail, hash FROM audit",
    "swapped": "UPDATE audit SET seq = -1 WHERE seq = :at; UPDATE audit SET seq = :at WHERE seq = :at + 1;"
    " UPDATE audit SET seq = :at + 1 WHERE seq = -1",
}


def run(trial: Trial) -> Figure:
    """Make every change there is, be refused everywhere, look for the lines; then touch the file in every way."""
    with serving(trial) as server, server.client() as client:
        document = _document(server.port)
        operations = [
            (operation["operationId"], method.upper(), path, operation)
            for path, item in document["paths"].items()
            for method, operation in item.items()
        ]
        changing = [
            name
            for name, method, _, operation in operations
            if method != "GET" and operation["security"] and name not in CHANGES_NOTHING | NOT_TRIED
        ]
        silent, untried = _changes(client, changing)
        silent += _untold(client)
        unrefused = _refusals(
            server.port, client, [(m, p) for _, m, p, operation in operations if operation["security"]]
        )
        log = json.dumps(_lines(client))
        leaks = sum(text in log for text in (WRONG, "verify-admin-key"))
        walked = client.get("/audit:check").body
        server.kill_group()
        undetected = _touched(server.database, trial.folder)
    for kind, names in (("without a line", silent), ("no recipe or refused", untried), ("undetected", undetected)):
        if names:
            trial.say(f"{kind}: {', '.join(names)}")
    held = not (silent or untried or unrefused or undetected or leaks) and walked["intact"] and len(changing) > 5
    return Figure(
        held, len(changing) + len(TOUCHES),
        {"actions_without_audit": len(silent), "untried": len(untried) + len(NOT_TRIED),
         "refusals_without_audit": unrefused, "undetected": len(undetected), "leaks": leaks, "lines": walked["lines"]},
    )  # fmt: skip


def _changes(client: Client, names: list[str]) -> tuple[list[str], list[str]]:
    """The changes without a line that says who, from where and in which request; and those that were not made."""
    silent, untried = [], []
    for name in names:
        recipe = RECIPES.get(name)
        request = f"audit-{name}"

        def ask(method: str, path: str, body: Any = None, request: str = request, **headers: str) -> Any:
            return client.send(method, path, body, {"X_Request_Id": request, **headers})

        answer = recipe(client, ask) if recipe else None
        if answer is None or not answer.ok:
            untried.append(f"{name} {answer.status if answer else ''}")
            continue
        found = [line for line in _lines(client) if line["request_id"] == request]
        whole = [line for line in found if line["actor"] == "key:admin" and line["address"] and line["object"]]
        if not whole or whole[-1]["outcome"] != "done":
            silent.append(name)
    return silent, untried


def _untold(client: Client) -> list[str]:
    """What was taken of an execution's data without a line that says who, what, from where and in which request."""
    asked: dict[str, str] = {}
    for name, (action, path, headers) in takings(client).items():
        answer = client.get(path, **headers, X_Request_Id=f"taken-{action}-{len(asked)}")
        assert answer.ok, (name, answer)
        asked[f"taken-{action}-{len(asked)}"] = name
    until = time.monotonic() + FLUSHED_S
    while True:
        told = {
            line["request_id"] for line in _lines(client)
            if line["outcome"] == "done" and line["address"] and line["object"].startswith("run_")
            and line["action"] in line["request_id"] and line["detail"].get("name")
        }  # fmt: skip
        untold = [name for request, name in asked.items() if request not in told]
        if not untold or time.monotonic() > until:
            return untold
        time.sleep(0.2)


def _document(port: int) -> dict[str, Any]:
    from http.client import HTTPConnection

    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/openapi.json")
    found: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return found


def _refusals(port: int, client: Client, protected: list[tuple[str, str]]) -> int:
    """Ask for everything with a wrong key; how many of those refusals left no line."""
    from http.client import HTTPConnection

    asked = set()
    for method, path in protected:
        spelled = re.sub(r"{\w+}", "x1", path)
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request(method, spelled, headers={"Authorization": f"Bearer {WRONG}"})
        if connection.getresponse().status in {401, 429}:
            asked.add(spelled)
        connection.close()
    if not asked:
        raise CannotCheck("Nobody was refused.")
    until = time.monotonic() + FLUSHED_S
    while time.monotonic() < until:
        missing = asked - {line["object"] for line in _lines(client) if line["outcome"] == "denied" and line["address"]}
        if not missing:
            break
        time.sleep(0.2)
    return len(missing)


def _lines(client: Client) -> list[dict[str, Any]]:
    return [json.loads(line) for line in client.get("/audit/export").body.splitlines()]


def _touched(database: Path, folder: Path) -> list[str]:
    """The touches that a walk along the chain did not notice; each on a copy of the file."""
    undetected = []
    for name, touch in {"nothing": "", **TOUCHES}.items():
        copy = folder / f"{name.replace(' ', '-')}.db"
        for end in ("", "-wal"):
            if Path(f"{database}{end}").exists():
                shutil.copy(f"{database}{end}", f"{copy}{end}")
        db = apsw.Connection(str(copy))
        for statement in filter(None, touch.split("; ")):
            db.execute(statement, {"at": 5})
        broken = audit.check(db, 0, b"", 1_000_000).broken_at
        if (broken is None) != (name == "nothing"):
            undetected.append(name)
        db.close()
    return undetected


CHECK = Check(
    name="audit", promise="S-40", says="every change and refusal has its line, and no line can be touched unnoticed",
    run=run, unit="rounds", quick=1, normal=1, full=1,
    sabotages=("stop-unaudited", "chain-of-single-links", "refusals-forgotten", "takings-forgotten"),
)  # fmt: skip
