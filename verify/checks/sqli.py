"""S-23: a value stays a value, and a step that may only read changes nothing, on every engine.

Each needle is bound in a query and in an insert; it has to come back as it went, to match nothing, and to leave the
canary alone.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from verify import injections
from verify.check import CannotCheck, Check, Figure, Trial
from verify.client import Client
from verify.postgres import Postgres, a_postgres
from verify.server import Server, serving

ENGINES: Final = ("postgresql", "sqlite", "duckdb")
CANARY: Final = ((1,), (2,), (3,))
_MADE: Final = (
    "create table canary (n integer)", "insert into canary values (1), (2), (3)",
    "create table people (name text)", "insert into people values ('ada'), ('grace')",
)  # fmt: skip
_LOOK: Final = (
    "select cast(:needle as text) as needle, (select count(*) from people where name = :needle) as matched, "
    "'{needle}' as plain, (select count(*) from canary where cast(n as text) in (:needle, '1')) as canaries, "
    "':needle' as quoted"
)
_NOTE: Final = "insert into people values (:needle); select count(*) as noted from people where name = :needle"


def run(trial: Trial) -> Figure:
    """Every needle on every engine, then every writer in a step that may only read."""
    injectable = changed = wrong = count = 0
    with a_postgres() as postgres, serving(trial) as server, server.client(60) as client:
        files = _furnish(trial.folder, postgres)
        _define(client, postgres, files)
        for needle in injections.needles(trial.random, trial.size):
            ended = client.ended(client.started("sqli", {"needle": needle}), 60)
            for said in _judged(ended, needle):
                injectable += said != "failed"
                wrong += said == "failed"
                trial.say(f"{said}: {needle[:80]!r}")
            count += len(ENGINES)
            injectable += _canaries(postgres, files, trial)
        for engine, texts in injections.WRITERS.items():
            for text in texts:
                done = _tried(client, engine, text.replace("CANARY", str(files.get(engine, ""))))
                hurt = _canaries(postgres, files, trial)
                left = list(trial.folder.glob("*.out"))
                changed += hurt or done == "succeeded" or bool(left)
                count += 1
                if hurt or left or done != "failed":
                    trial.say(f"{engine}: {text} {done}, canary changed: {hurt}, files: {left}")
        shown = _shows(server, postgres)
    held = injectable == changed == wrong == shown == 0
    return Figure(
        held, count, {"injectable": injectable, "changed": changed, "failed": wrong, "passwords_shown": shown}
    )


def _furnish(folder: Path, postgres: Postgres) -> dict[str, Path]:
    """Each engine its canary."""
    import duckdb

    files = {"sqlite": folder / "canary.sqlite", "duckdb": folder / "canary.duckdb"}
    with postgres.open() as db:
        for text in (
            *_MADE,
            "create sequence canaries",
            "grant all on canary, people to app",
            "grant all on sequence canaries to app",
        ):
            db.execute(text)
    with closing(sqlite3.connect(files["sqlite"])) as db, db:
        for text in _MADE:
            db.execute(text)
    with duckdb.connect(str(files["duckdb"])) as db:
        for text in _MADE:
            db.execute(text)
    return files


def _define(client: Client, postgres: Postgres, files: dict[str, Path]) -> None:
    urls = {
        "postgresql": postgres.app,
        "sqlite": f"sqlite:///{files['sqlite']}",
        "duckdb": f"duckdb:///{files['duckdb']}",
    }
    for engine, url in urls.items():
        answer = client.send("PUT", f"/secrets/verify.{engine}", {"value": url})
        if not answer.ok:
            raise CannotCheck(f"The connection {engine} was not taken: {answer}")
    steps = [
        {
            "name": f"{name} {engine}",
            "sql": text,
            "connection": f"verify.{engine}",
            "bind": bind,
            "write": name == "note",
        }
        for engine in ENGINES
        for name, text in (("look", _LOOK), ("note", _NOTE))
        for bind in ({"needle": "{needle}"},)
    ]
    told = [f"{{steps.{step['name']}.result}}" for step in steps]
    steps.append(
        {"name": "told", "command": ["sh", "-c", 'IFS=,; printf "[%s]" "$*" > "$RUNBELL_RESULT"', "sh", *told]}
    )
    job = {"parameters": {"needle": {"type": "text", "required": True}}, "steps": steps}
    answer = client.send("PUT", "/jobs/sqli", job)
    if not answer.ok:
        raise CannotCheck(f"The job was not taken: {answer}")


def _judged(ended: dict[str, Any], needle: str) -> Iterator[str]:
    """What is wrong with what the steps found."""
    if ended["status"] != "succeeded":
        yield "failed"
        return
    for place, found in enumerate(ended["result"]):
        engine, noted = ENGINES[place // 2], place % 2
        looked = {"needle": needle, "matched": 0, "plain": "{needle}", "canaries": 1, "quoted": ":needle"}
        if found["first"] != ({"noted": 1} if noted else looked):
            yield f"{engine} found {found['first']}"


def _tried(client: Client, engine: str, text: str) -> str:
    """Run a text in a step that may only read; how it ended."""
    step = {"name": "main", "sql": text, "connection": f"verify.{engine}"}
    answer = client.send("PUT", "/jobs/writer", {"steps": [step]})
    if not answer.ok:
        raise CannotCheck(f"The job was not taken: {answer}")
    return str(client.ended(client.started("writer"), 60)["status"])


def _canaries(postgres: Postgres, files: dict[str, Path], trial: Trial) -> int:
    """How many engines have lost theirs."""
    import duckdb

    found = {}
    with postgres.open() as db:
        found["postgresql"] = _read(db, "select n from canary order by 1")
        if _read(db, "select is_called from canaries") != ((False,),):
            found["postgresql"] = "a number was taken"
    with closing(sqlite3.connect(files["sqlite"])) as db:
        found["sqlite"] = (
            _read(db, "select n from canary order by 1") if _read(db, "pragma user_version") == ((0,),) else None
        )
    with duckdb.connect(str(files["duckdb"]), read_only=True) as db:
        found["duckdb"] = _read(db, "select n from canary order by 1")
    lost = {engine: rows for engine, rows in found.items() if rows != CANARY}
    if lost:
        trial.say(f"lost canaries: {lost}")
    return len(lost)


def _read(db: Any, text: str) -> Any:
    try:
        return tuple(tuple(row) for row in db.execute(text).fetchall())
    except Exception as gone:
        return str(gone)


def _shows(server: Server, postgres: Postgres) -> int:
    """In how many files of the data folder and of the journal the password stands."""
    files = [server.journal, *(file for file in server.data.rglob("*") if file.is_file())]
    password = postgres.app.partition("@")[0].rpartition(":")[2].encode()
    return sum(password in file.read_bytes() for file in files)


CHECK = Check(
    name="sqli", promise="S-23", says="a value stays a value, and who may only read changes nothing",
    run=run, unit="needles", quick=12, normal=150, full=3_000,
    sabotages=("values-pasted", "write-taken-for-granted"),
)  # fmt: skip
