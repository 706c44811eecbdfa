"""G-58: a file of rows or exception records is whole or not there, and its order is always the same.

First the product's own writer in this process, over a disk whose power goes at a random operation (H-1). Then checks
on a real server, of which hands, server, or everything is killed while records are written.
"""

import hashlib
import json
import os
import signal
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from runbell.domain.data import Column
from runbell.domain.outcome import Succeeded
from runbell.rows import write
from runbell.rows.form import STRIDE
from runbell.runners.python.yields import StepYields
from verify.check import CannotCheck, Check, Figure, Trial
from verify.folder_disk import FolderDisk, PowerGone
from verify.server import Server, serving

HOME = "/executions/2030-03-17/one"
COLUMNS = [Column("id", "int"), Column("name")]
ROWS = 30_000
KILLS_OF = 30
"""One kill of a server for so many cuts of the power."""
PAGE = 10_000
RULES = ("blank", "twice", "small")


def run(trial: Trial) -> Figure:
    """So many cuts, and a few kills."""
    partial = lost = cuts = kept = 0
    for number in range(trial.size):
        random = Random(trial.seed * 1_000_003 + number)
        was_cut, told, found = _until_the_cut(random)
        cuts += was_cut
        kept += len(told)
        wanted = {path for name in told for path in (f"{HOME}/data/{name}.rows", f"{HOME}/data/{name}.index")}
        lost += len(wanted - found.keys())
        partial += sum(not _whole(path, found) for path in found)
    trial.say(f"{cuts} cuts of the power, {kept} sets on record: {lost} lost, {partial} partial")
    kills, wrong, unordered = _killed(trial)
    held = not (partial or lost or wrong or unordered) and cuts > trial.size // 2 and kept > 0 and kills > 0
    numbers = {"kills": kills, "partial": partial + wrong, "lost": lost, "other_order": unordered}
    return Figure(held, cuts + kills, numbers)


def _until_the_cut(random: Random) -> tuple[bool, list[str], dict[str, bytes]]:
    """Whether the power went, the sets that were told of, and the files that are there afterwards."""
    disk = FolderDisk(random, random.randrange(1, 60), "/executions")
    before = write.os
    disk.stand_in(write)
    told: list[str] = []
    try:
        sets = StepYields(HOME, None)
        for name in RULES[: random.randrange(1, 4)]:
            _write(sets, name, random.randrange(4 * STRIDE), random.randrange(1, 2 * STRIDE))
        made = sets.with_what_was_left(Succeeded())
        assert isinstance(made, Succeeded)
        told = [one.file.removesuffix(".rows") for one in made.data]  # type: ignore[union-attr]
        disk.tick()
        disk.cut = True
    except PowerGone:
        pass
    finally:
        write.os = before  # type: ignore[misc]
        del write.open  # type: ignore[attr-defined]
    return disk.cut, told, {path: data for path, data in disk.left().items() if not Path(path).name.startswith(".")}


def _write(sets: StepYields, name: str, rows: int, piece: int) -> None:
    writer = sets.exceptions(name, COLUMNS)
    for first in range(0, rows, piece):
        writer.extend([("blank", n, f"name {n}") for n in range(first, min(first + piece, rows))])
    writer.extend([("the last", -1, name)])


def _whole(path: str, found: dict[str, bytes]) -> bool:
    """A file that has its name has everything, from the first row to the last."""
    data = found[path]
    if path.endswith(".index"):
        rows = found.get(path.replace(".index", ".rows"))
        return rows is None or data == _index(rows)
    lines = data.split(b"\n")
    wanted = [b'["blank",%d,"name %d"]' % (n, n) for n in range(len(lines) - 2)]
    return lines[-1] == b"" and lines[:-2] == wanted and lines[-2].startswith(b'["the last"')


def _index(rows: bytes) -> bytes:
    starts, at = [0], 0
    while (at := rows.find(b"\n", at) + 1) > 0:
        starts.append(at)
    return b"".join(start.to_bytes(8, sys.byteorder) for start in starts[:-1:STRIDE])


def _killed(trial: Trial) -> tuple[int, int, int]:
    """Kills of hands, server and everything while checks run; how many files are partial, how many sets in disorder."""
    kills = max(2, trial.size // KILLS_OF)
    dice = trial.random
    with serving(trial) as server:
        with server.client(60) as client:
            first = client.started("many-exceptions", {"rows": ROWS})
            _ended(server, first)
        reference = {rule: _digest(server, first, rule) for rule in RULES}
        sizes = Counter(_files(server).values())
        started = []
        for turn in range(kills):
            with server.client(60) as client:
                started += [client.started("many-exceptions", {"rows": ROWS}) for _ in range(2)]
            _kill_soon(server, dice, turn)
        if not server.settled(90):
            raise CannotCheck("Some executions did not come to an end.")
        done = [one for one in started if _ended(server, one)]
        unordered = sum(_digest(server, one, rule) != reference[rule] for one in done for rule in RULES)
        partial = [path for path, digest in _files(server).items() if digest not in sizes]
    trial.say(f"{kills} kills, {len(done)} of {len(started)} checks made to the end, {unordered} in disorder")
    if not done:
        raise CannotCheck("Every check lost its worker three times.")
    for path in partial[:3]:
        trial.say(f"{path} is none of the files that a check leaves")
    return kills, len(partial), unordered


def _kill_soon(server: Server, dice: Random, turn: int) -> None:
    import time

    time.sleep(dice.uniform(0.05, 0.9))
    if turn % 3 == 0 and (hands := server.hands()):
        with suppress(ProcessLookupError):
            os.kill(dice.choice(hands), signal.SIGKILL)
        return
    if turn % 3 == 1:
        server.kill()
    else:
        server.kill_group()
    server.start()


def _ended(server: Server, identity: str) -> bool:
    """Whether it was made to its end; one that lost its worker three times was not."""
    with server.client(90) as client:
        client.ended(identity, 60)
        row: dict[str, Any] = client.get(f"/executions/{identity}").body
    if row["status"] != "succeeded" and row["error"]["code"] != "WORKER_LOST":
        raise CannotCheck(f"The check ended {row['status']}: {row['error']}")
    return bool(row["status"] == "succeeded")


def _digest(server: Server, identity: str, rule: str) -> str:
    """Of all records of a rule, in their order, as a caller reads them page by page."""
    seen = hashlib.sha256()
    with server.client(60) as client:
        path = f"/executions/{identity}/exceptions/{rule}?limit={PAGE}"
        cursor = ""
        while True:
            page = client.get(path + cursor).body
            for item in page["items"]:
                seen.update(json.dumps([item["n"], item["reason"], item["row"]]).encode())
            if not page.get("next_cursor"):
                return seen.hexdigest()
            cursor = f"&cursor={page['next_cursor']}"


def _files(server: Server) -> dict[str, str]:
    """Every file of rows, and every index, that has its name: the digest of what is in it."""
    found = {}
    for path in server.data.rglob("data/*"):
        if path.suffix in (".rows", ".index") and not path.name.startswith("."):
            found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


CHECK = Check(
    name="exceptions", promise="G-58", says="a file of exception records is whole or not there, in one order",
    run=run, unit="cuts", quick=90, normal=600, full=6_000,
    sabotages=("rows-not-synced", "rows-in-place", "names-not-synced", "records-in-any-order"),
)  # fmt: skip
