"""Known bugs of the hand and of who makes hands."""

import os
import signal
import time
from contextlib import suppress
from types import ModuleType
from typing import Any

from verify.sabotages import sabotage


@sabotage("killpg-only", "runbell.runners.hand.ladder")
def _(module: ModuleType) -> None:
    """The last rung is SIGKILL to the process groups of the hand's children; nobody walks the tree."""

    def end_everything(execution: str, spared: Any, unreaped: Any, server: int | None) -> int:
        for child in module.descendants(os.getpid(), spared):
            if child.parent == os.getpid():
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(child.pid, signal.SIGKILL)
        module.reap({*spared, *unreaped})
        return 0

    module.end_everything = end_everything


@sabotage("hand-ignores-eof", "runbell.runners.hand.keeper")
def _(module: ModuleType) -> None:
    """The hand does not care that its server is gone."""

    def stay(self: Any) -> None:
        time.sleep(60)
        os._exit(0)

    module.Keeper._server_is_gone = stay


@sabotage("no-sweep", "runbell.runners.nursery")
def _(module: ModuleType) -> None:
    """A new server does not look for what the former one left running."""
    module.Nursery.sweep = lambda self, executions: 0


@sabotage("log-in-memory", "runbell.runners.hand.log")
def _(module: ModuleType) -> None:
    """The whole output is kept until the step has ended."""
    take = module.LogWriter.take
    kept: list[bytes] = []

    def remember(self: Any, stream: str, data: bytes) -> None:
        kept.append(bytes(bytearray(data)))
        take(self, stream, data)

    module.LogWriter.take = remember


@sabotage("log-without-cap", "runbell.runners.hand.log")
def _(module: ModuleType) -> None:
    """The limit of the log is not looked at."""
    begin = module.LogWriter.__init__

    def unlimited(self: Any, *given: Any) -> None:
        begin(self, *given)
        self._limit = 1 << 60

    module.LogWriter.__init__ = unlimited


@sabotage("never-forced", "runbell.runners.hand.ladder")
def _(module: ModuleType) -> None:
    """Nothing is ever killed: who does not end when asked is waited for."""
    module.end_everything = lambda execution, spared, unreaped, server: 0


@sabotage("http-deaf", "runbell.runners.kinds.http")
def _(module: ModuleType) -> None:
    """A call does not hear that its step is being stopped."""
    run = module.run

    def deaf(ctx: Any, task: Any) -> Any:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        return run(ctx, task)

    module.run = deaf
