"""G-11: a key is one request of one client: another body is refused, another client can neither hit nor probe it."""

import asyncio
import json
import threading
from pathlib import Path
from time import time
from typing import Any

from verify.check import CannotCheck, Check, Figure, Trial
from verify.client import Answer, Client
from verify.ledger import Ledger
from verify.server import Server

CALLERS = 6


class _Clock:
    def now(self) -> int:
        return int(time() * 1_000)

    def monotonic(self) -> float:
        return time()


def run(trial: Trial) -> Figure:
    """Each key is sent again changed, by somebody else, at once by many, after a kill, and after the end of it all."""
    server = Server(trial.folder, trial.sabotage)
    other_key = asyncio.run(_another_client(server.data))
    judge = _Judge(trial)
    try:
        server.start()
        with server.client() as mine, Client(server.port, key=other_key) as theirs:
            judge.ledger = str(Ledger(trial.folder / "ledger"))
            made = [judge.one_key(mine, theirs, server.port, turn) for turn in range(trial.size)]
        server.kill()
        server.start()
        with server.client() as mine, Client(server.port, key=other_key) as theirs:
            for turn, (ours, strangers) in enumerate(made):
                judge.after_the_kill(mine, theirs, turn, ours, strangers)
    finally:
        server.kill_group()
    return Figure(judge.wrong == 0, trial.size, {"wrong": judge.wrong, "asked": judge.asked})


async def _another_client(data: Path) -> str:
    """A second API key, made in the folder before the server opens it."""
    from runbell.operations.identify import make_key
    from runbell.stores.sqlite import open_store

    failed: list[str] = []
    store = await open_store(data, on_fatal=failed.append)
    try:
        return await make_key(store, _Clock(), "stranger")
    finally:
        await store.close()
        if failed:
            raise CannotCheck(failed[0])


class _Judge:
    """Says what is wrong, and counts it."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.ledger = ""
        self.wrong = self.asked = 0

    def one_key(self, mine: Client, theirs: Client, port: int, turn: int) -> tuple[str, str]:
        """The ids that the key has made: ours, and the stranger's own."""
        key, secret = f"key-{turn}", f"told-nobody-{turn}-{self.trial.random.getrandbits(64):x}"
        first = self._start(mine, key, secret)
        self._holds(first.ok, f"{key}: the first start was refused: {_short(first)}")
        ours = str(first.body.get("id"))
        changed = self._start(mine, key, "another mark")
        self._refused(changed, key, secret, ours, ["/params/mark"])
        more = self._start(mine, key, secret, tags=["new"])
        self._refused(more, key, secret, ours, ["/tags"])
        probe = self._start(theirs, key, "another mark")
        self._holds(
            probe.ok and probe.body["id"] != ours and "idempotent-replayed" not in probe.headers and
            secret not in json.dumps(probe.body), f"{key}: a stranger met our key: {_short(probe)}",
        )  # fmt: skip
        self._at_once(mine, port, key, secret, ours)
        return ours, str(probe.body.get("id"))

    def after_the_kill(self, mine: Client, theirs: Client, turn: int, ours: str, strangers: str) -> None:
        """The key is known as before; after the execution is deleted it names what it made, to its own client only."""
        key, secret = f"key-{turn}", f"told-nobody-{turn}-{self.trial.random.getrandbits(64):x}"
        again = self._start(mine, key, secret)
        self._same(again, key, ours)
        self._same(self._start(theirs, key, "another mark"), key, strangers)
        self._refused(self._start(mine, key, "a third mark"), key, secret, ours, ["/params/mark"])
        if mine.ended(ours)["ended_at"] is None:
            raise CannotCheck(f"{ours} does not end.")
        mine.send("DELETE", f"/executions/{ours}")
        gone = self._start(mine, key, secret)
        self._holds(
            gone.status == 410 and gone.body["code"] == "gone" and str(gone.body.get("execution")).endswith(ours),
            f"{key}: after the deletion the answer is {_short(gone)}",
        )
        self._same(self._start(theirs, key, "another mark"), key, strangers)

    def _at_once(self, mine: Client, port: int, key: str, secret: str, ours: str) -> None:
        answers: list[tuple[bool, Answer]] = []

        def send(place: int) -> None:
            with Client(port) as client:
                same = place % 2 == 0
                answers.append((same, self._start(client, key, secret if same else f"mark {place}")))

        threads = [threading.Thread(target=send, args=(place,)) for place in range(CALLERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        self._holds(len(answers) == CALLERS, f"{key}: {CALLERS - len(answers)} of those sent at once have no answer")
        for same, answer in answers:
            if same:
                self._same(answer, key, ours)
            else:
                self._refused(answer, key, secret, ours, ["/params/mark"])

    def _same(self, answer: Answer, key: str, ours: str) -> None:
        right = answer.ok and answer.body["id"] == ours and answer.headers.get("idempotent-replayed") == "true"
        place = answer.headers.get("location", "").endswith(ours)
        self._holds(right and place, f"{key}: not the execution {ours} again: {_short(answer)}")

    def _refused(self, answer: Answer, key: str, secret: str, ours: str, pointers: list[str]) -> None:
        body: Any = answer.body
        right = answer.status == 422 and body["code"] == "idempotency_key_reused"
        named = right and [each["pointer"] for each in body["errors"]] == pointers
        linked = right and str(body.get("execution")).endswith(ours)
        quiet = secret not in json.dumps(body)
        self._holds(named and linked and quiet, f"{key}: another body was answered {_short(answer)}")

    def _start(self, client: Client, key: str, mark: str, **more: Any) -> Answer:
        self.asked += 1
        return client.start("note", {"ledger": self.ledger, "mark": mark}, key=key, **more)

    def _holds(self, right: bool, sentence: str) -> None:
        if not right:
            self.wrong += 1
            if self.wrong <= 5:
                self.trial.say(sentence)


def _short(answer: Answer) -> str:
    body = answer.body if isinstance(answer.body, dict) else {}
    return f"{answer.status} {body.get('code') or body.get('id')} {body.get('errors', '')}"


CHECK = Check(
    name="idem-mismatch", promise="G-11", says="a key is one request of one client, and nobody else's",
    run=run, unit="keys", quick=15, normal=500, full=5_000,
    sabotages=("fingerprint-of-nothing", "keys-of-everybody"),
)  # fmt: skip
