"""The Python worker: runs the functions of one project and folder, one step at a time."""

import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TextIO

from msgspec import Struct

from runbell.authoring.arguments import Arguments
from runbell.authoring.context import Context, Stopped
from runbell.authoring.steps import StepTimedOut, record_with
from runbell.domain.execution import Error
from runbell.domain.ids import public
from runbell.domain.outcome import Failed, Outcome, Succeeded
from runbell.domain.status import ERROR, OK, TIMEOUT, ExitStatus
from runbell.ports.runner import InnerStep, Progressed, StepOrder
from runbell.runners.hand.environment import environment
from runbell.runners.hand.masks import Masks
from runbell.runners.hand.results import BadResult
from runbell.runners.kinds import KindContext, StepFailed, run_of
from runbell.runners.python.discovery import discover
from runbell.runners.python.inner import InnerSteps, said
from runbell.runners.python.modules import CannotLoad, Modules
from runbell.runners.python.values import keep_value, plain_values
from runbell.runners.python.yields import StepYields
from runbell.runners.wire import Discover, Discovered, Done, Frames, Run, Stale, frame, to_worker


def serve(control: socket.socket) -> NoReturn:
    """Run what is asked, until the hand kills this process."""
    sys.stdout = sys.__stdout__ = _text(1)  # type: ignore[misc,assignment]
    sys.stderr = sys.__stderr__ = _text(2)  # type: ignore[misc,assignment]
    Worker(control).serve()


class Worker:
    """One worker process."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._frames = Frames()
        self._pid = os.getpid()
        self._streams = (sys.stdout, sys.stderr)
        self._modules: Modules | None = None
        self._targets: dict[str, tuple[Callable[..., Any], Arguments]] = {}
        self._context: Context | None = None
        self._yields: StepYields | None = None
        self._running = False
        self._variables = _Variables()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)

    def serve(self) -> NoReturn:
        """Answer one message after the other."""
        while True:
            for message in self._hear():
                if isinstance(message, Run):
                    self._tell(self._answer(message.order))
                elif isinstance(message, Discover):
                    self._tell(self._discover(message))

    def _hear(self) -> list[Any]:
        data = self._control.recv(1 << 16)
        if not data:
            os._exit(0)
        return [to_worker.decode(payload) for payload in self._frames.feed(data)]

    def _tell(self, message: Struct) -> None:
        self._control.sendall(frame(message))

    def _write_down(self, note: InnerStep) -> None:
        """Send it and wait until the server has it on record."""
        self._tell(note)
        while not self._hear():
            pass

    def _discover(self, asked: Discover) -> Discovered:
        try:
            return Discovered(discover(Modules(asked.folder), asked.folder, asked.file))
        except CannotLoad as wrong:
            return Discovered([], str(wrong))
        except BaseException as wrong:
            return Discovered([], f"{said(wrong)}{_place(wrong, asked.folder)}")

    def _answer(self, order: StepOrder) -> Done | Stale:
        if self._modules is None:
            self._modules = Modules(order.folder)
        elif self._modules.changed():
            return Stale()
        outcome = self._run(order, self._modules)
        if self._yields is not None:
            outcome, self._yields = self._yields.with_what_was_left(outcome), None
        if os.getpid() != self._pid:
            os._exit(0)  # a fork that the job forgot to end came back here
        for stream in self._streams:
            stream.flush()
        sys.stdout, sys.stderr = self._streams
        self._modules.remember()
        return Done(outcome, clean=threading.active_count() == 1 and not _has_children())

    def _run(self, order: StepOrder, modules: Modules) -> Outcome:
        try:
            self._prepare(order)
            if order.task is not None:
                told, sets = self._told(order)
                self._context = context = KindContext(
                    sets=sets, folder=order.folder, timeout_ms=order.timeout_ms, **told
                )
                return self._succeeded(order, run_of(order.kind)(context, order.task))
            function, arguments = self._target(order.target or "", modules)
            given = arguments.of(order.params, order.types)
            if arguments.context is not None:
                given[arguments.context] = self._context = self._context_of(order)
            if order.takes_job:
                record_with(InnerSteps(order, self._write_down, self._tell))
            return self._succeeded(order, function(**given))
        except SystemExit as leave:
            return self._exited(order, leave.code)
        except Stopped:
            if self._yields is not None:
                self._yields.discard()
            return _failed("It was asked to stop.")
        except CannotLoad as wrong:
            return _failed(str(wrong))
        except BadResult as wrong:
            return _failed(str(wrong))
        except StepFailed as wrong:
            result = keep_value(order.home, wrong.result, order.step, Masks.of(order))
            return Failed(Error(code=wrong.code, detail=str(wrong), again_in_ms=wrong.again_in_ms), result)
        except BaseException as wrong:
            _print_traceback(wrong)
            return _failed(said(wrong), TIMEOUT if isinstance(wrong, StepTimedOut) else ERROR)
        finally:
            self._running = False
            self._context = None
            record_with(None)

    def _prepare(self, order: StepOrder) -> None:
        workspace = f"{order.home}/workspace"
        os.chdir(workspace)
        os.umask(0o077)
        self._variables.adopt(environment(order, workspace))
        signal.signal(signal.SIGTERM, self._asked_to_stop)
        self._running = True
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})  # one that came before now is heard here

    def _context_of(self, order: StepOrder) -> Context:
        told, sets = self._told(order)
        return Context(yields=sets, **told)

    def _told(self, order: StepOrder) -> tuple[dict[str, Any], StepYields]:
        """What a context says of the step, and where it puts the rows it is given."""
        workspace = Path(order.home) / "workspace"
        self._yields = StepYields(order.home, Masks.of(order))
        told = {
            "execution": public(order.execution), "number": order.number, "job": order.job, "step": order.step,
            "scope": order.scope, "attempt": order.attempt, "epoch": order.epoch, "workspace": workspace,
            "output": workspace.parent / "output" / str(os.getppid()), "params": order.params,
            "on_progress": lambda progress: self._tell(Progressed(progress)),
        }  # fmt: skip
        return told, self._yields

    def _target(self, target: str, modules: Modules) -> tuple[Callable[..., Any], Arguments]:
        found = self._targets.get(target)
        if found is None:
            function = modules.function(target)
            found = self._targets[target] = (function, Arguments(function))
        return found

    def _succeeded(self, order: StepOrder, value: Any) -> Outcome:
        said = self._context.said if self._context is not None else None
        kept = keep_value(order.home, value, order.step, Masks.of(order))
        return Succeeded(said or ExitStatus(OK), kept, self._handed_back(order))

    def _handed_back(self, order: StepOrder) -> dict[str, Any] | None:
        """The values of `ctx.keep`. Raises BadResult."""
        kept = None if self._context is None else self._context.kept
        return plain_values(kept, Masks.of(order)) if kept else None

    def _exited(self, order: StepOrder, code: Any) -> Outcome:
        try:
            return self._left(order, code)
        except BadResult as wrong:
            return _failed(str(wrong))

    def _left(self, order: StepOrder, code: Any) -> Outcome:
        """`sys.exit(n)` counts as an exit code; a text is printed and counts as 1, as Python itself does it."""
        if code is not None and not isinstance(code, int):
            print(code, file=sys.stderr)  # noqa: T201 - where Python prints it
        number = 0 if code is None else int(code) & 0xFF if isinstance(code, int) else 1
        said = self._context.said if self._context is not None else None
        if number == 0 or number in order.exit_codes:
            return Succeeded(said or ExitStatus(order.exit_codes.get(number, OK)), keep=self._handed_back(order))
        return Failed(Error(code=ERROR, detail=f"The function left with exit code {number}.", exit_code=number))

    def _asked_to_stop(self, *_: object) -> None:
        if not self._running or os.getpid() != self._pid:
            return
        if self._context is not None:
            self._context.ask_to_stop()
            if self._context.polls:
                return  # the code looks at `ctx.stop_requested` and ends by itself
        raise Stopped("The execution is being stopped.")


def _text(handle: int) -> TextIO:
    return open(handle, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


class _Variables:
    """The environment of this process. What a step has left as it was given is not read again: that costs 40 µs."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._left: dict[bytes, bytes] = {}

    def adopt(self, variables: dict[str, str]) -> None:
        """Make them the whole environment; only what differs costs anything."""
        raw: dict[bytes, bytes] = os.environ._data  # type: ignore[attr-defined]
        before = self._given if raw == self._left else os.environ.copy()
        for name in before.keys() - variables.keys():
            del os.environ[name]
        for name, value in variables.items():
            if before.get(name) != value:
                os.environ[name] = value
        if before.get("TZ") != variables.get("TZ"):
            time.tzset()
        self._given, self._left = variables, raw.copy()


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _failed(detail: str, code: str = ERROR) -> Failed:
    return Failed(Error(code=code, detail=detail))


def _print_traceback(wrong: BaseException) -> None:
    """The traceback without the frames of this house above the job's own."""
    trace = wrong.__traceback__
    while trace is not None and trace.tb_next is not None and trace.tb_frame.f_globals.get("__name__") == __name__:
        trace = trace.tb_next
    traceback.print_exception(type(wrong), wrong, trace)


def _place(wrong: BaseException, folder: str) -> str:
    """Where in the job folder it happened."""
    if isinstance(wrong, SyntaxError):
        return ""  # its own text says file and line
    frames = [frame for frame in traceback.extract_tb(wrong.__traceback__) if frame.filename.startswith(folder)]
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
