"""G-51: whoever follows the feed sees every event that he may see, once and in order: pages, long polls and streams."""

import json
import socket
import threading
from collections.abc import Callable
from itertools import pairwise
from random import Random
from urllib.parse import urlencode

from verify import journal
from verify.check import Check, Figure, Trial
from verify.client import ADMIN_KEY, Client, Unanswered
from verify.load import Load
from verify.server import Server, serving

WRITERS = 6
LATER = "2099-01-01T00:00:00Z"
SETTLE_S = 30.0
TYPES = "execution.discarded"


class Reader(threading.Thread):
    """Reads the feed in one way, and goes on where it was after every drop. `seen` are the numbers, as they came."""

    def __init__(self, server: Server, read: "Callable[[Reader], None]", seed: int) -> None:
        super().__init__(daemon=True)
        self.server = server
        self.dice = Random(seed)
        self.seen: list[int] = []
        self.after = 0
        self.over = threading.Event()
        self.defect: BaseException | None = None
        self._read = read

    def run(self) -> None:
        """Read until it is over, whatever the server does meanwhile."""
        while not self.over.is_set():
            try:
                self._read(self)
            except (Unanswered, OSError):
                self.over.wait(0.02)
            except BaseException as defect:
                self.defect = defect
                return

    def take(self, seq: int) -> None:
        """An event came."""
        self.seen.append(seq)
        self.after = seq


def pages(reader: Reader) -> None:
    """Short pages, one after the other; `next_after` may lie beyond the last event."""
    _pages(reader, limit=7, wait=0)


def polls(reader: Reader) -> None:
    """Long polls."""
    _pages(reader, limit=50, wait=1)


def filtered(reader: Reader) -> None:
    """Long polls for one type."""
    _pages(reader, limit=20, wait=1, types=TYPES)


def _pages(reader: Reader, **query: object) -> None:
    with reader.server.client() as client:
        while not reader.over.is_set():
            answer = client.get(f"/events?{urlencode({'after': reader.after, **query})}")
            if not answer.ok:
                raise Unanswered(str(answer.status))
            for item in answer.body["items"]:
                reader.take(item["seq"])
            reader.after = answer.body["next_after"]
            if not answer.body["items"]:
                reader.over.wait(0.01)


def streams(reader: Reader) -> None:
    """A stream that is dropped after some events, and slow now and then."""
    with socket.create_connection(("127.0.0.1", reader.server.port), timeout=2) as line:
        line.sendall(
            f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nLast-Event-ID: {reader.after}\r\n"
            f"Authorization: Bearer {ADMIN_KEY}\r\n\r\n".encode()
        )
        left, rest, began = reader.dice.randrange(5, 200), b"", False
        while left > 0 and not reader.over.is_set():
            try:
                data = line.recv(1_500)
            except TimeoutError:
                return
            if not data:
                return
            if not began and not data.startswith(b"HTTP/1.1 200"):
                raise Unanswered(data[:200].decode(errors="replace"))
            began = True
            *blocks, rest = (rest + data).split(b"\n\n")
            for block in blocks:
                for text in block.split(b"\n"):
                    if text.startswith(b"data: "):
                        reader.take(json.loads(text[6:])["seq"])
                        left -= 1
            if reader.dice.random() < 0.02:
                reader.over.wait(0.2)


def act(client: Client, dice: Random, turn: int) -> None:
    """An execution for later, stopped at once or with others: two events each, and no hand at work."""
    made = client.start("note", {"ledger": "none", "mark": str(turn)}, key=f"feed-{turn}", start_after=LATER)
    if made.ok:
        client.post(f"/executions/{made.body['id']}/stop")


def run(trial: Trial) -> Figure:
    """Writers and readers at once, with kills of the server in between; then every reader against the journal."""
    ways = {"pages": pages, "polls": polls, "filtered": filtered, "stream": streams, "stream-2": streams}
    with serving(trial) as server:
        readers = {name: Reader(server, way, trial.seed + place) for place, (name, way) in enumerate(ways.items())}
        for reader in readers.values():
            reader.start()
        with Load(WRITERS, lambda: server.port, trial.seed, act, turns=trial.size // 2) as load:
            kills = 0
            while load.busy:
                load.pause(0.3)
                if kills < 2 and sum(len(reader.seen) for reader in readers.values()) > trial.size * (kills + 1):
                    kills += 1
                    server.kill_group()
                    server.start()
        table = journal.open_table(server.database)
        told = table.execute("SELECT seq, type FROM events ORDER BY seq").fetchall()
        table.close()
        wanted = {name: [seq for seq, kind in told if name != "filtered" or kind == TYPES] for name in readers}
        _catch_up(readers, wanted)
        for reader in readers.values():
            reader.over.set()
        for reader in readers.values():
            reader.join(10)
    missed = duplicated = reordered = 0
    for name, reader in readers.items():
        if reader.defect is not None:
            raise reader.defect
        seen = reader.seen
        gone = len(set(wanted[name]) - set(seen))
        twice = len(seen) - len(set(seen))
        behind = sum(later <= earlier for earlier, later in pairwise(seen)) - twice
        trial.say(f"{name}: {len(seen)} of {len(wanted[name])}, missed {gone}, twice {twice}, out of order {behind}")
        missed, duplicated, reordered = missed + gone, duplicated + twice, reordered + max(0, behind)
    n = sum(map(len, wanted.values()))
    held = not (missed or duplicated or reordered) and kills > 0 and len(told) >= trial.size
    return Figure(
        held, n, {"missed": missed, "duplicated": duplicated, "reordered": reordered, "events": len(told),
                  "readers": len(readers), "kills": kills},
    )  # fmt: skip


def _catch_up(readers: dict[str, Reader], wanted: dict[str, list[int]]) -> None:
    """Give every reader the time to come to the end."""
    pause, left = threading.Event(), SETTLE_S
    while left > 0 and any(
        reader.defect is None and (not reader.seen or reader.seen[-1] < wanted[name][-1])
        for name, reader in readers.items()
    ):
        pause.wait(0.1)
        left -= 0.1


CHECK = Check(
    name="feed", promise="G-51", says="a reader of the feed sees every event once and in order",
    run=run, unit="events", quick=1_200, normal=20_000, full=100_000,
    sabotages=("number-before-commit", "feed-jumps"),
)  # fmt: skip
