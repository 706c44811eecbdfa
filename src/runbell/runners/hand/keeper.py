"""The hand's loop: one thread, one step at a time, no user code. It answers the server one outcome per order.

It is the subreaper of everything it starts, so nothing can leave its tree; when the server dies it sees end-of-file,
ends everything and goes.
"""

import math
import os
import socket
import time
from typing import NoReturn

from msgspec import Struct

from runbell.domain.execution import Error
from runbell.domain.outcome import Failed, TryLater
from runbell.domain.status import ERROR, NOT_STARTED
from runbell.ports.runner import InnerStep, Progressed, StepOrder
from runbell.runners import wire
from runbell.runners.hand.command import NO_ROOM, Command, why_not_started
from runbell.runners.hand.folders import Folders
from runbell.runners.hand.ladder import end_everything, now_ms
from runbell.runners.hand.masked import masked_step
from runbell.runners.hand.python import Key, Worker
from runbell.runners.hand.step import Step
from runbell.runners.hand.watching import Watch
from runbell.runners.processes import reap

_CHUNK = 64 << 10
_DISCOVERY_SECONDS = 30.0
_READS_PER_TURN = 16


class Keeper:
    """A hand. `serve` never returns."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self._server_pid = os.getppid()
        self._frames = wire.Frames()
        self._watch = Watch()
        self._folders = Folders()
        self._worker: Worker | None = None
        self._step: Step | None = None
        self._asked = b""
        self._discovery_until: float | None = None
        self._children = os.open(f"/proc/self/task/{os.getpid()}/children", os.O_RDONLY)
        self._watch.add(server.fileno(), self._hear_server)

    def serve(self) -> NoReturn:
        """Wait and work, until the server is gone."""
        while True:
            self._watch.wait(self._patience())
            if self._step is not None:
                self._look_after(self._step)
            elif self._discovery_until is not None and time.monotonic() > self._discovery_until:
                self._discovered(
                    wire.Discovered([], "Importing the file took longer than 30 s; move the work into the job.")
                )

    def _patience(self) -> float:
        if self._step is not None:
            return max(0.0, self._step.wake_at() - time.monotonic())
        return -1.0 if self._discovery_until is None else max(0.0, self._discovery_until - time.monotonic())

    def _hear_server(self) -> None:
        try:
            data = self._server.recv(_CHUNK)
        except OSError:
            data = b""
        if not data:
            self._server_is_gone()
        for payload in self._frames.feed(data):
            message = wire.to_hand.decode(payload)
            if isinstance(message, wire.Run):
                self._begin(message.order, payload)
            elif isinstance(message, wire.StopStep):
                if self._step is not None:
                    self._step.end(message.grace_ms)
            elif isinstance(message, wire.Noted):
                if self._worker is not None:
                    self._worker.send(wire.framed(payload))
            else:
                self._discover(message, payload)

    def _tell(self, message: Struct) -> None:
        self._tell_framed(wire.frame(message))

    def _tell_framed(self, data: bytes) -> None:
        try:
            self._server.sendall(data)
        except OSError:
            self._server_is_gone()

    def _server_is_gone(self) -> NoReturn:
        step = self._step
        end_everything(step.order.execution if step else None, (), (), None)
        if step is not None:
            step.log.close()
            self._folders.clear()
            self._folders.close()
        self._folders.leave()
        os._exit(0)

    def _begin(self, order: StepOrder, payload: bytes) -> None:
        try:
            self._folders.open(order.home)
        except OSError as wrong:
            self._tell(TryLater(f"The folder of the execution cannot be made ({wrong.strerror})."))
            return
        self._step = step = Step(order)
        try:
            if order.target is None and order.task is None:
                step.command = command = Command(order, self._folders, step.masks)
                step.leader = command.pid
                self._watch.add(command.handle, self._command_ended)
                self._watch.add_outputs(command.outputs, self._read)
            else:
                self._asked = wire.framed(payload)
                self._ask_worker(Key(order.project, order.folder))
        except (OSError, ValueError) as wrong:
            self._not_begun(step, wrong)

    def _not_begun(self, step: Step, wrong: OSError | ValueError) -> None:
        self._step = None
        step.log.close()
        self._folders.close()
        if isinstance(wrong, OSError) and wrong.errno in NO_ROOM:
            self._tell(TryLater(f"No process can be made now ({wrong.strerror})."))
            return
        order = step.order
        said = why_not_started(order, wrong)
        said = said if step.masks is None else step.masks.text(said)
        self._tell(Failed(Error(code=NOT_STARTED, detail=said, step=order.step, scope=order.scope)))

    def _look_after(self, step: Step) -> None:
        """Whatever time brings: limits, the ladder's next rung, begun lines, progress."""
        now = time.monotonic()
        if step.overdue(now):
            step.end(step.order.grace_ms, timed_out=True)
        ladder = step.ladder
        if ladder is not None and (now >= ladder.force_after or (step.outcome is not None and ladder.group_is_gone())):
            self._conclude(step)
            return
        if step.log.flush_at is not None and now >= step.log.flush_at:
            step.log.flush()
        news = step.news(now)
        if news is not None:
            self._tell(Progressed(news))
            reap(self._unreaped())

    def _command_ended(self) -> None:
        step = self._step
        assert step is not None
        assert step.command is not None
        self._watch.drop(step.command.handle)
        step.outcome = step.command.outcome()
        if step.ladder is None:
            self._conclude(step)

    def _conclude(self, step: Step) -> None:
        """End what is left of the step, read the last of its output, and answer."""
        worker, survivors = self._worker, 0
        stays = worker is not None and (step.command is not None or (step.clean and step.ladder is None))
        if step.ladder is not None or not self._only(worker if stays else None):
            if step.ladder is not None and time.monotonic() >= step.ladder.force_after:
                step.ladder.forced_at = now_ms()
            spared = (worker.pid,) if worker is not None and stays else ()
            survivors = end_everything(step.order.execution, spared, self._unreaped(), self._server_pid)
        self._read_rest(step)
        if (last := step.news(math.inf)) is not None:  # how far it came at last, whenever it was asked before
            self._tell(Progressed(last))
        if step.command is not None:
            self._watch.drop(step.command.handle, *step.command.outputs.values())
            if not survivors:
                step.command.close()
        if worker is not None and not stays:
            self._drop_worker()
        step.log.close()
        step.gather(self._folders.output, self._folders.data)
        verdict = step.verdict(survivors)
        self._folders.close()
        self._step = None
        self._tell(verdict)

    def _unreaped(self) -> tuple[int, ...]:
        """Children whose exit status is still wanted."""
        command = self._step.command if self._step is not None else None
        return tuple(each.pid for each in (command, self._worker) if each is not None)

    def _only(self, worker: Worker | None) -> bool:
        """True when nobody but the idle worker is left below this hand."""
        alive = os.pread(self._children, 64, 0).split()
        if worker is None:
            return not alive
        return alive == [b"%d" % worker.pid] and worker.childless()

    def _read(self, stream: str, handle: int, turns: int = _READS_PER_TURN) -> None:
        step = self._step
        for _ in range(turns):
            try:
                data = os.read(handle, _CHUNK)
            except BlockingIOError:
                return
            if not data:
                self._watch.drop(handle)
                return
            if step is not None:
                step.log.take(stream, data)

    def _read_rest(self, step: Step) -> None:
        source = step.command or self._worker
        for stream, handle in (source.outputs if source is not None else {}).items():
            self._read(stream, handle, 64)

    def _ask_worker(self, key: Key) -> None:
        worker = self._worker
        if worker is not None and worker.key != key:
            self._drop_worker()
            worker = None
        if worker is None:
            self._worker = worker = Worker(key)
            self._watch.add(worker.control, self._hear_worker)
            self._watch.add(worker.handle, self._worker_died)
            self._watch.add_outputs(worker.outputs, self._read)
        if self._step is not None:
            self._step.leader = worker.pid
        worker.send(self._asked)

    def _drop_worker(self) -> None:
        """Kill the worker and all that is below it."""
        worker, self._worker = self._worker, None
        if worker is not None:
            end_everything(None, (), self._unreaped(), self._server_pid)
            self._watch.drop(worker.handle, worker.control, *worker.outputs.values())
            worker.close()

    def _replace_worker(self, step: Step, key: Key) -> None:
        self._drop_worker()
        try:
            self._ask_worker(key)
        except OSError as wrong:
            self._not_begun(step, wrong)

    def _hear_worker(self) -> None:
        worker = self._worker
        assert worker is not None
        for payload in worker.received():
            self._react(worker, wire.from_worker.decode(payload), payload)

    def _react(self, worker: Worker, message: wire.FromWorker, payload: bytes) -> None:
        step = self._step
        if isinstance(message, wire.Discovered):
            self._discovered(message)
        elif step is None:
            return
        elif isinstance(message, wire.Done):
            step.outcome, step.clean = message.outcome, message.clean
            if step.ladder is None:
                self._conclude(step)
        elif isinstance(message, InnerStep):
            if step.masks is None:
                self._tell_framed(wire.framed(payload))
            else:
                self._tell(InnerStep(masked_step(message.step, step.masks)))
        elif isinstance(message, Progressed):
            step.progress = message.progress
        elif isinstance(message, wire.Within):
            step.within(message.ms)
        else:
            self._replace_worker(step, worker.key)

    def _worker_died(self) -> None:
        worker, step = self._worker, self._step
        assert worker is not None
        self._watch.drop(worker.handle)
        code, sentence = worker.how_it_died()
        if self._discovery_until is not None:
            self._discovered(wire.Discovered([], f"The import ended its process. {sentence}"))
        elif step is None or step.command is not None:
            self._drop_worker()
        else:
            step.outcome = Failed(Error(code=ERROR, detail=sentence, exit_code=code if code >= 0 else None))
            if step.ladder is None:
                self._conclude(step)

    def _discover(self, asked: wire.Discover, payload: bytes) -> None:
        self._drop_worker()
        self._asked = wire.framed(payload)
        self._discovery_until = time.monotonic() + _DISCOVERY_SECONDS
        try:
            self._ask_worker(Key("", asked.folder))
        except OSError as wrong:
            self._discovered(wire.Discovered([], f"No process can be made now ({wrong.strerror}); try again."))

    def _discovered(self, found: wire.Discovered) -> None:
        self._discovery_until = None
        self._drop_worker()
        self._tell(found)
