"""A whole house for tests: the real store, a clock that stands still, and a runner that follows a script."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from runbell.artifacts.data_folder import DataFolder
from runbell.artifacts.uploads import UploadFolder
from runbell.assembly.cron_lines import local_times
from runbell.assembly.vocabulary import vocabulary
from runbell.domain.execution import Error, Execution, ResultRef, StepExecution
from runbell.domain.identity import SCOPES, Actor
from runbell.domain.outcome import Failed, Gone, Outcome, Succeeded
from runbell.domain.status import ExitStatus, Status
from runbell.engine import LocalEngine
from runbell.locks.passwords import Argon2Passwords
from runbell.locks.vault import AesVault
from runbell.operations import define_job
from runbell.operations.catalogue import Catalogue
from runbell.operations.ports import Desk, Ports
from runbell.operations.trigger import Asked, trigger
from runbell.operations.wait import Watchers
from runbell.ports.artifacts import Left, LogFilter, LogLine, LogPage
from runbell.ports.runner import HandLost, InnerStep, Note, StepOrder
from runbell.ports.store import Ref
from runbell.stores.sqlite import open_store
from tests.builders import NOON

ADMIN = Actor("key:admin", "default", frozenset(SCOPES))
Play = Callable[[StepOrder], Outcome | HandLost]


class StandingClock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return self.at / 1_000


class ScriptedHand:
    """Answers what the script says; a held step runs until it is released or stopped."""

    def __init__(self, script: "Script") -> None:
        self.script = script
        self.end: asyncio.Future[Outcome | HandLost] | None = None
        self.acknowledged = asyncio.Event()

    async def run(self, order: StepOrder, on_note: Callable[[Note], None]) -> Outcome:
        self.script.orders.append(order)
        for row in self.script.inner.get(order.step, ()):
            on_note(InnerStep(row))
            await self.acknowledged.wait()
            self.acknowledged.clear()
        plays = self.script.plays[order.step]
        if plays:
            outcome = plays.pop(0)(order)
        elif order.step in self.script.held:
            self.end = asyncio.get_running_loop().create_future()
            self.script.running[order.step] = self
            outcome = await self.end
        else:
            outcome = Succeeded()
        if isinstance(outcome, HandLost):
            raise outcome
        return outcome

    def stop(self, *, grace_ms: int) -> None:
        self.script.stops.append(grace_ms)
        self.script.running = {step: hand for step, hand in self.script.running.items() if hand is not self}
        if self.end is not None and not self.end.done():
            self.end.set_result(Gone(signalled_at=NOON, forced_at=None, gone_at=NOON + 3))

    def noted(self) -> None:
        self.acknowledged.set()


class Script:
    """What the hands will answer, and what they were asked. Implements `ports.runner.Runner`."""

    def __init__(self) -> None:
        self.plays: defaultdict[str, list[Play]] = defaultdict(list)
        self.inner: dict[str, list[StepExecution]] = {}
        self.held: set[str] = set()
        self.running: dict[str, ScriptedHand] = {}
        self.orders: list[StepOrder] = []
        self.stops: list[int] = []
        self.swept: list[list[str]] = []

    def fails(self, step: str, times: int = 1, code: str = "ERROR") -> None:
        self.plays[step] += [lambda _: Failed(Error(code=code, detail="It broke."))] * times

    def loses_its_hand(self, step: str, times: int = 1) -> None:
        self.plays[step] += [lambda _: HandLost()] * times

    def returns(self, step: str, json: str, code: str = "OK") -> None:
        self.plays[step] += [lambda _: Succeeded(ExitStatus(code), ResultRef(inline=json, size=len(json)))]

    def release(self, step: str, outcome: Outcome | HandLost | None = None) -> None:
        end = self.running.pop(step).end
        assert end is not None
        end.set_result(outcome or Succeeded())

    async def take(self, project: str) -> ScriptedHand:
        return ScriptedHand(self)

    def give_back(self, hand: Any) -> None:
        pass

    async def discover(self, folder: str, file: str) -> list[dict[str, Any]]:
        return []

    def hands(self) -> int:
        return len(self.running)

    async def sweep(self, executions: list[str]) -> int:
        self.swept.append(executions)
        return 0

    async def close(self) -> None:
        pass


class NoFolders:
    """Scripted hands write no files. Implements as much of `ports.artifacts.Artifacts` as is asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.uploads = UploadFolder(root / "files")
        self.data = DataFolder(root / "executions")
        self.copied: list[tuple[str, str]] = []
        self.deleted: list[str] = []
        self.gone: set[str] = set()
        self.stripped: list[tuple[str, bool, bool]] = []
        self.lying: list[str] = []
        self.written: list[str] = []

    def home(self, execution: str) -> Path:
        return self.root / execution

    async def log(self, execution: str, wanted: LogFilter) -> LogPage:
        lines = [LogLine(n, "", wanted.step or "", None, 1, "out", text) for n, text in enumerate(self.written, 1)]
        return LogPage(lines, 0, True, False)

    def log_size(self, execution: str) -> int:
        return len(self.written)

    def log_file(self, execution: str) -> Path | None:
        return None

    async def result(self, execution: str, name: str) -> bytes | None:
        return None

    async def left(self, execution: str, results: Iterable[str]) -> Left:
        gone = execution in self.gone
        return Left(home=not gone, workspace=not gone, missing=tuple(results) if gone else ())

    async def copy_workspace(self, source: str, target: str) -> None:
        self.copied.append((source, target))

    async def strip(self, executions: Iterable[str], *, log: bool, data: bool) -> None:
        self.stripped += [(execution, log, data) for execution in executions]

    async def held(self, at_once: int) -> AsyncIterator[list[str]]:
        for place in range(0, len(self.lying), at_once):
            yield self.lying[place : place + at_once]

    async def delete(self, executions: Iterable[str]) -> None:
        self.deleted += executions


class PlainSigner:
    """Writes what it would sign, without a signature. Implements `ports.signer.Signer`."""

    async def sign(self, claims: dict[str, Any], kind: str = "at+jwt") -> str:
        parts = ({"alg": "none", "typ": kind}, claims)
        return ".".join(urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."

    async def public_keys(self) -> list[dict[str, Any]]:
        return []


class House:
    """Ports, engine, clock and script, with the few moves that every test makes."""

    def __init__(
        self, ports: Ports, engine: LocalEngine, clock: StandingClock, script: Script, folders: NoFolders
    ) -> None:
        self.folders = folders
        self.ports = ports
        self.engine = engine
        self.clock = clock
        self.script = script

    async def define(self, name: str, *steps: dict[str, Any] | str, **members: Any) -> None:
        spelled = [{"name": step, "command": ["true"]} if isinstance(step, str) else step for step in steps]
        await define_job.put(self.ports, ADMIN, name, {"steps": spelled, **members})

    async def start(self, name: str, **asked: Any) -> Execution:
        return (await trigger(self.ports, ADMIN, Asked(job=name, **asked))).execution

    async def look(self, execution: Execution) -> Execution:
        found = await self.ports.store.execution("default", Ref(number=execution.number))
        assert found is not None
        return found

    async def until(self, execution: Execution, *wanted: Status) -> Execution:
        """The execution once it has one of these statuses; any terminal one when none is named."""
        async with asyncio.timeout(5):
            while True:
                change = self.ports.watchers.enter(execution.number)
                found = await self.look(execution)
                if found.status in wanted or (not wanted and found.status.terminal):
                    self.ports.watchers.leave(execution.number, change)
                    return found
                await change.wait()
                self.ports.watchers.leave(execution.number, change)

    async def until_running(self, step: str) -> None:
        """Return once a hand holds this step."""
        async with asyncio.timeout(5):
            while step not in self.script.running:
                await asyncio.sleep(0)

    async def until_waiting(self, execution: Execution) -> None:
        """Return once one of its steps waits for another try."""
        async with asyncio.timeout(5):
            while not any(status == "waiting" for _, status, _ in await self.steps(execution)):
                await asyncio.sleep(0)

    async def steps(self, execution: Execution) -> list[tuple[str, str, int]]:
        rows = await self.ports.store.steps(execution.number)
        return [(row.name, row.status, row.attempt) for row in rows]


@asynccontextmanager
async def a_house(data: Path, *, slots: int = 4, serving: bool = True) -> AsyncIterator[House]:
    """Open a house on a data folder; a second one on the same folder finds what the first left."""
    store = await open_store(data, on_fatal=print)
    clock, script, watchers = StandingClock(), Script(), Watchers()
    catalogue = Catalogue(store)
    vault = AesVault(bytes(32))
    artifacts = NoFolders(data)
    engine = LocalEngine(Desk(store, catalogue, clock, vault), script, artifacts, watchers, slots=slots, worker="test")
    store.subscribe(watchers.notice)
    store.subscribe(engine.notice)
    passwords = Argon2Passwords(memory_kib=8, passes=1)
    ports = Ports(
        store, catalogue, clock, vault, engine, artifacts, watchers, PlainSigner(), passwords, local_times, vocabulary()
    )
    task = asyncio.create_task(engine.serve()) if serving else None
    try:
        yield House(ports, engine, clock, script, artifacts)
    finally:
        await ports.uses.settle()
        if task is not None:
            await engine.drain(0)
            await task
        await store.close()
