"""The server's end of a hand: one order at a time over a socket, its notes, its outcome, and its death."""

import asyncio
import socket
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec import Struct, structs

from runbell.domain.outcome import Outcome
from runbell.ports.runner import HandLost, InnerStep, Note, Progressed, StepOrder
from runbell.runners.wire import Discover, Discovered, Frames, Noted, Run, StopStep, frame, to_server

_CHUNK = 256 << 10


class LocalHand:
    """A hand process. `project` is the one whose Python code it ran; None as long as it ran none.

    `left`: it was sent away, and goes by itself.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        link: socket.socket,
        bury: Callable[["LocalHand", str | None], Awaitable[int]],
        egress: Mapping[str, Any],
    ) -> None:
        """`bury` is called once, when the hand has died: it ends what the hand left and answers the survivors.

        `egress` is what http steps may reach."""
        self.process = process
        self.project: str | None = None
        self.idle_since = 0.0
        self.left = False
        self._link = link
        self._bury = bury
        self._egress = egress
        self._loop = asyncio.get_running_loop()
        self._frames = Frames()
        self._unsent = b""
        self._answer: asyncio.Future[Any] | None = None
        self._on_note: Callable[[Note], None] | None = None
        self._order: StepOrder | None = None
        self._burial: asyncio.Task[int] | None = None
        link.setblocking(False)
        self._loop.add_reader(link.fileno(), self._hear)

    @property
    def alive(self) -> bool:
        """False once the hand has closed its end."""
        return self._burial is None

    async def run(self, order: StepOrder, on_note: Callable[[Note], None]) -> Outcome:
        """Run one step to its outcome. Raises HandLost when the hand dies under it."""
        if order.target is not None or order.task is not None:
            self.project = order.project
        self._order = order
        self._on_note = on_note
        if order.kind == "http" and order.task is not None:
            order = structs.replace(order, task=order.task | {"egress": dict(self._egress)})
        outcome: Outcome = await self._ask(Run(order))
        return outcome

    async def discover(self, folder: str, file: str) -> Discovered:
        """The jobs that a Python file defines. Raises HandLost when the hand dies under it."""
        found: Discovered = await self._ask(Discover(folder, file))
        return found

    def stop(self, *, grace_ms: int) -> None:
        """End the running step by the kill ladder; a second call may shorten the grace."""
        if self._answer is not None:
            self._tell(StopStep(grace_ms))

    def noted(self) -> None:
        """The last InnerStep has been written down; the Python job goes on."""
        self._tell(Noted())

    def leave(self) -> None:
        """Say goodbye: the hand sees end-of-file, ends what it runs and goes."""
        if self.alive:
            self.left = True
            self._died()

    async def buried(self) -> int:
        """Wait until nothing is left of a dead hand; answers the survivors."""
        return await self._burial if self._burial is not None else 0

    async def _ask(self, message: Struct) -> Any:
        if not self.alive:
            raise HandLost(await self.buried())
        self._answer = self._loop.create_future()
        try:
            self._tell(message)
            return await self._answer
        except asyncio.CancelledError:
            self.leave()  # nobody waits for the step any more: it must not go on
            raise
        finally:
            self._answer = self._on_note = self._order = None

    def _tell(self, message: Struct) -> None:
        if not self.alive:
            return
        data = frame(message)
        if self._unsent:
            self._unsent += data
            return
        try:
            sent = self._link.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            return  # the hand is dead; end-of-file says so in a moment
        if sent < len(data):
            self._unsent = data[sent:]
            self._loop.add_writer(self._link.fileno(), self._send_rest)

    def _send_rest(self) -> None:
        try:
            self._unsent = self._unsent[self._link.send(self._unsent) :]
        except BlockingIOError:
            return
        except OSError:
            self._unsent = b""
        if not self._unsent:
            self._loop.remove_writer(self._link.fileno())

    def _hear(self) -> None:
        try:
            data = self._link.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._died()
            return
        for payload in self._frames.feed(data):
            message = to_server.decode(payload)
            if isinstance(message, Progressed | InnerStep):
                if self._on_note is not None:
                    self._on_note(message)
            elif self._answer is not None and not self._answer.done():
                self._answer.set_result(message)

    def _died(self) -> None:
        self._loop.remove_reader(self._link.fileno())
        self._loop.remove_writer(self._link.fileno())
        self._link.close()
        execution = self._order.execution if self._order is not None else None
        self._burial = self._loop.create_task(self._end(execution), name=f"burial of hand {self.process.pid}")

    async def _end(self, execution: str | None) -> int:
        survivors = await self._bury(self, execution)
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(HandLost(survivors))
        return survivors
