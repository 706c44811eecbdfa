"""G-2: what was acknowledged survives a power cut in which un-synced sectors are kept, lost or torn at random (H-1).

The product's own writer runs in this process, over a disk whose power goes at a random operation. What survived is
opened again by the product's own code, checked, and compared with the answers the writer had given.
"""

import tempfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import apsw
from msgspec import Struct, structs

from runbell.domain.execution import Execution, StepExecution, Trigger
from runbell.domain.ids import new_id
from runbell.domain.status import OK, ExitStatus, Status, StepStatus
from runbell.ports.job_table import PutJob
from runbell.ports.store import Advance, AskToStop, Claim, Idempotency, Start, Succeed
from runbell.stores.sqlite import writer
from runbell.stores.sqlite.batch import Fatal
from runbell.stores.sqlite.connection import open_for_writing
from runbell.stores.sqlite.migrations import migrate, shipped
from runbell.stores.sqlite.protocol import Claims, Inbox, Request, Said, decode_reply, write_request
from verify import journal
from verify.check import Check, Figure, Trial
from verify.disk import Disk, PowerCut

NOON = 1_900_000_000_000
OPERATIONS = (40, 1_200)
CHECKPOINT_PAGES = 60


class Promise(Struct):
    """What the writer has said about an execution: it is on disk at least so far."""

    revision: int
    status: str
    steps_done: int = 0


class Caller:
    """Stands where the server stands on the writer's socket: sends requests batch by batch, keeps every answer."""

    def __init__(self, random: Random) -> None:
        self.promised: dict[str, Promise] = {}
        self.answers = 0
        self._random = random
        self._asked: deque[Request] = deque()
        self._live: dict[str, tuple[int, int]] = {}
        self._queued: dict[str, int] = {}
        self._made = 0
        self._inbox = Inbox(self._read)
        self._first = True

    def recv(self, _: int) -> bytes:
        """The next batch, as the writer reads it."""
        batch = list(self._batch())
        self._asked += batch
        return b"".join(write_request(request) for request in batch)

    def sendall(self, data: bytes) -> None:
        """What the writer answers."""
        self._inbox.feed(data)

    def _batch(self) -> Iterator[Request]:
        if self._first:
            self._first = False
            yield _job()
        busy = set()
        for _ in range(self._random.randrange(1, 9)):
            request, about = self._request()
            if about not in busy:
                busy.add(about)
                yield request

    def _request(self) -> tuple[Request, str]:
        dice = self._random.random()
        if self._queued and dice < 0.3:
            identity, number = self._random.choice(list(self._queued.items()))
            step = StepExecution(name="load", kind="command", status=StepStatus.RUNNING, started_at=NOON)
            return Claims([Claim(number=number, worker="w", at=NOON, steps=(step,))]), identity
        if self._live and dice < 0.6:
            identity, (number, epoch) = self._random.choice(list(self._live.items()))
            if dice < 0.35:
                return AskToStop(number=number, mode="graceful", reason="", actor="a", grace_ms=0, at=NOON), identity
            step = StepExecution(
                name="load", kind="command", status=StepStatus.SUCCEEDED, started_at=NOON, ended_at=NOON
            )
            verdict = Succeed(ExitStatus(OK))
            return Advance(number=number, epoch=epoch, at=NOON, steps=(step,), verdict=verdict), identity
        self._made += 1
        made = _start(f"key-{self._made}", "x" * self._random.randrange(1_500))
        return made, made.execution.id

    def _read(self, message: bytes) -> None:
        reply = decode_reply(message)
        for said, content in reply.answers:
            request = self._asked.popleft()
            if said == Said.DONE:
                self.answers += 1
                self._keep(request, content)
        for notice in reply.notices:
            self.promised.setdefault(notice.id, Promise(0, "")).revision = notice.revision
            self.promised[notice.id].status = notice.status

    def _keep(self, request: Request, content: Any) -> None:
        if isinstance(request, Start):
            identity = request.execution.id
            self.promised[identity] = Promise(request.execution.revision, request.execution.status)
            self._queued[identity] = content
        elif isinstance(request, Claims):
            for one, row in zip(request.claims, content, strict=True):
                identity = next(identity for identity, number in self._queued.items() if number == one.number)
                del self._queued[identity]
                if row is not None:
                    self._live[identity] = (one.number, 1)
        elif isinstance(request, Advance | AskToStop):
            identity = next(i for i, (number, _) in self._live.items() if number == request.number)
            del self._live[identity]
            if isinstance(request, Advance):
                self.promised[identity].steps_done = 1


def run(trial: Trial) -> Figure:
    """So many cuts, each with dice of its own."""
    writer.CHECKPOINT_PAGES = CHECKPOINT_PAGES  # often enough that cuts fall into checkpoints as well
    acked = lost = corrupt = cuts = 0
    for number in range(trial.size):
        with tempfile.TemporaryDirectory(dir=trial.folder) as folder:
            caller, was_cut = _until_the_cut(Path(folder), Random(trial.seed * 1_000_003 + number))
            cuts += was_cut
            acked += caller.answers
            missing, wrong = _after_the_cut(Path(folder) / "survived", caller.promised)
            lost += missing
            corrupt += bool(wrong)
        for sentence in wrong[:2]:
            trial.say(f"cut {number}: {sentence}")
        if number % 50 == 49:
            trial.say(f"{number + 1} cuts, {acked} answers, {lost} lost, {corrupt} corrupt")
    held = lost == 0 and corrupt == 0 and cuts == trial.size and acked > cuts
    return Figure(held, cuts, {"acked": acked, "acked_lost": lost, "corrupt": corrupt})


def _until_the_cut(folder: Path, random: Random) -> tuple[Caller, bool]:
    disk = Disk(f"disk-{folder.name}", random, random.randrange(*OPERATIONS))
    caller = Caller(random)
    db = None
    try:
        db = open_for_writing(folder / "runbell.db")
        migrate(db, shipped())
        writer.Writer(db, caller).serve()  # type: ignore[arg-type]
    except (PowerCut, Fatal, apsw.Error):
        pass
    survived = folder / "survived"
    survived.mkdir()
    disk.leave(survived)
    disk.end()
    if db is not None:
        db.close(force=True)
    return caller, disk.cut


def _after_the_cut(folder: Path, promised: dict[str, Promise]) -> tuple[int, list[str]]:
    """How many promises are broken, and what is wrong with the file."""
    try:
        db = open_for_writing(folder / "runbell.db")
        migrate(db, shipped())
        health = db.pragma("integrity_check")
        table = {row.id: row for row in journal.standings(db).values()}
        wrong = journal.lint(db).wrong + ([] if health == "ok" else [str(health)])
        done = {number for (number,) in db.execute("SELECT number FROM steps WHERE status = 'succeeded'")}
        keys = {identity for (identity,) in db.execute("SELECT execution FROM idempotency")}
        db.close()
    except apsw.Error as error:
        return len(promised), [repr(error)]
    broken = 0
    for identity, promise in promised.items():
        row = table.get(identity)
        broken += (
            row is None
            or row.revision < promise.revision
            or (row.revision == promise.revision and row.status != promise.status)
            or (promise.steps_done > 0 and row.number not in done)
            or identity not in keys
        )
    return broken, wrong


def _job() -> PutJob:
    definition = {"steps": [{"name": "load", "command": ["true"]}]}
    return PutJob(project="default", name="load", definition=definition, digest="d", enabled=True, source="api",
                  folder=None, ids=(), at=NOON, actor="a")  # fmt: skip


def _start(key: str, filler: str) -> Start:
    execution = Execution(
        number=0, id=new_id(NOON), key=None, project="default", job="load", job_version=1, status=Status.QUEUED,
        revision=1, epoch=0, params={"filler": filler}, trigger=Trigger("api", "a", "native"), created_at=NOON,
    )  # fmt: skip
    remember = Idempotency(client="a", path="/", key=key, fingerprint=key, members={})
    return structs.replace(Start(execution=execution, job_number=1), idempotency=remember)


CHECK = Check(
    name="power-cut", promise="G-2", says="acknowledged work survives a power cut", run=run, unit="vfs",
    quick=60, normal=300, full=3_000, sabotages=("synchronous-normal",),
)  # fmt: skip
