"""A house in this process: the real store, engine and operations, scripted hands, and time that stands still.

The event loop runs on the same standing clock, so that a time limit, a retry or a start-by time comes when a rule says
so and never by itself. After every rule the house comes to rest: no call to the store is under way, nothing is ready.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, Final, TypeVar

from runbell.artifacts import ExecutionFolders
from runbell.assembly.cron_lines import local_times
from runbell.domain import ids
from runbell.domain.execution import Execution
from runbell.domain.identity import SCOPES, Actor
from runbell.domain.outcome import Outcome
from runbell.engine import LocalEngine
from runbell.locks.passwords import Argon2Passwords
from runbell.locks.signer import RsaSigner
from runbell.locks.vault import AesVault
from runbell.operations import define_job
from runbell.operations.catalogue import Catalogue
from runbell.operations.ports import Desk, Ports
from runbell.operations.wait import Watchers
from runbell.ports.runner import HandLost, Note, StepOrder
from runbell.ports.store import Notice, Ref
from runbell.stores.sqlite import open_store

NOON: Final = 1_900_000_000_000
ADMIN: Final = Actor("key:admin", "default", frozenset(SCOPES))
CALM: Final = 12
RESTLESS: Final = 30_000
T = TypeVar("T")


class StandingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock moves only when told to."""

    def __init__(self) -> None:
        self.moment = 1_000.0
        super().__init__()

    def time(self) -> float:
        return self.moment


class StandingClock:
    """The wall clock that goes with it."""

    def __init__(self, loop: StandingLoop) -> None:
        self._loop = loop

    def now(self) -> int:
        return NOON + round((self._loop.moment - 1_000.0) * 1_000)

    def monotonic(self) -> float:
        return self._loop.moment


class Counted:
    """Stands before a room and counts the calls that are under way."""

    def __init__(self, room: Any) -> None:
        self._room = room
        self.under_way = 0

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._room, name)
        return self._counting(member) if asyncio.iscoroutinefunction(member) else member

    def _counting(self, call: Callable[..., Awaitable[T]]) -> Callable[..., Coroutine[Any, Any, T]]:
        async def counted(*given: Any, **named: Any) -> T:
            self.under_way += 1
            try:
                return await call(*given, **named)
            finally:
                self.under_way -= 1

        return counted


class ScriptedHand:
    """A hand that runs until a rule says how it ends. `stopping`: it was told to stop, and has not yet."""

    def __init__(self, flying: list["ScriptedHand"]) -> None:
        self._flying = flying
        self._end: asyncio.Future[Outcome] | None = None
        self.order: StepOrder | None = None
        self.stopping = False

    async def run(self, order: StepOrder, on_note: Callable[[Note], None]) -> Outcome:
        self.order = order
        self._end = asyncio.get_running_loop().create_future()
        self._flying.append(self)
        try:
            return await self._end
        finally:
            self._flying.remove(self)

    def ends(self, how: Outcome | HandLost) -> None:
        """What the hand answers."""
        assert self._end is not None
        if isinstance(how, HandLost):
            self._end.set_exception(how)
        else:
            self._end.set_result(how)

    def stop(self, *, grace_ms: int) -> None:
        self.stopping = True

    def noted(self) -> None:
        """Nothing here waits for it."""


class ScriptedRunner:
    """Gives out scripted hands, and knows which of them run a step. A sweep ends what a former engine left."""

    def __init__(self) -> None:
        self.flying: list[ScriptedHand] = []

    async def take(self, project: str) -> ScriptedHand:
        return ScriptedHand(self.flying)

    def give_back(self, hand: Any) -> None:
        """Hands are not kept."""

    async def discover(self, folder: str, file: str) -> list[dict[str, Any]]:
        return []

    async def sweep(self, executions: list[str]) -> int:
        return 0

    async def close(self) -> None:
        """Nothing is left to end."""


class House:
    """All of it. `crash` is the death of the server: what it held in memory is gone, the table stays."""

    def __init__(self, folder: Path) -> None:
        # A retry's jitter comes from the id of its execution: a replay needs the same ids.
        ids.os = SimpleNamespace(urandom=Random(0).randbytes)  # type: ignore[assignment]
        self.loop = StandingLoop()
        self.clock = StandingClock(self.loop)
        self.runner = ScriptedRunner()
        self.store = Counted(self.loop.run_until_complete(open_store(folder / "data", on_fatal=_never)))
        self.artifacts = Counted(ExecutionFolders(folder / "executions"))
        self.database = folder / "data" / "runbell.db"
        self.watchers = Watchers()
        self.store.subscribe(self._notice)
        self._open()

    def do(self, call: Coroutine[Any, Any, T]) -> T:
        """Let an operation happen, then come to rest."""
        try:
            return self.loop.run_until_complete(call)
        finally:
            self.rest()

    def rest(self) -> None:
        """Return when nothing goes on by itself any more."""
        self.loop.run_until_complete(self._rest())

    def define(self, name: str, definition: dict[str, Any]) -> None:
        """Put a job."""
        self.do(define_job.put(self.ports, ADMIN, name, definition))

    def row(self, number: int) -> Execution:
        """An execution as it stands on the table."""
        found = self.do(self.store.execution("default", Ref(number=number)))
        assert found is not None
        return found  # type: ignore[no-any-return]

    def pass_time(self, seconds: float) -> None:
        """Move the clock on; what has become due happens."""
        self.loop.moment += seconds
        self.rest()

    def crash(self) -> None:
        """The server dies at rest and starts again."""
        self._abandon()
        self._open()
        self.rest()

    def close(self) -> None:
        """End everything."""
        self._abandon()
        self.loop.run_until_complete(self.store.close())
        self.loop.close()

    def _open(self) -> None:
        catalogue = Catalogue(self.store)
        desk = Desk(self.store, catalogue, self.clock, AesVault(bytes(32)))
        self.engine = LocalEngine(desk, self.runner, self.artifacts, self.watchers, slots=4, worker="model")
        signer = RsaSigner(partial(self.store.secret, "signing key"))
        locks = (signer, Argon2Passwords(), local_times)
        self.ports = Ports(
            self.store, catalogue, self.clock, desk.vault, self.engine, self.artifacts, self.watchers, *locks
        )
        self._serving = self.loop.create_task(self.engine.serve(), name="engine")

    def _abandon(self) -> None:
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    def _notice(self, notice: Notice) -> None:
        self.watchers.notice(notice)
        self.engine.notice(notice)

    async def _rest(self) -> None:
        calm = turns = 0
        while calm < CALM:
            turns += 1
            assert turns < RESTLESS, "The house does not come to rest: something happens again and again."
            await asyncio.sleep(0)
            calm = 0 if self.store.under_way or self.artifacts.under_way else calm + 1
        if self._serving.done() and (defect := self._serving.exception()) is not None:
            raise defect


def _never(why: str) -> None:
    raise AssertionError(f"The store gave up: {why}")
