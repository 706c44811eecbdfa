"""The hand's side of a Python worker: a process forked from the hand, kept warm for one project and folder."""

import gc
import os
import signal
import socket
from contextlib import suppress
from typing import NamedTuple

from runbell.runners.hand.command import how_it_ended
from runbell.runners.processes import die_with_parent
from runbell.runners.wire import Frames


class Key(NamedTuple):
    """What a worker serves. Another project or folder gets another worker."""

    project: str
    folder: str | None


class Worker:
    """A forked worker: its process, the pipes it writes to, and the socket it is spoken to on."""

    def __init__(self, key: Key) -> None:
        """Fork it. The hand has one thread, so the child starts from a sound state. Raises OSError."""
        self.key = key
        self._socket, theirs = socket.socketpair()
        out, their_out = os.pipe()
        err, their_err = os.pipe()
        gc.freeze()  # what the hand has is never collected in the child: its pages stay shared
        parent = os.getpid()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # a stop waits until the worker can hear it
        self.pid = os.fork()
        if not self.pid:
            _become_worker(parent, theirs, their_out, their_err)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        os.close(their_out)
        os.close(their_err)
        for pipe in (out, err):
            os.set_blocking(pipe, False)
        self.handle = os.pidfd_open(self.pid)
        self.outputs = {"out": out, "err": err}
        self.control = self._socket.fileno()
        self._frames = Frames()
        self._children = os.open(f"/proc/{self.pid}/task/{self.pid}/children", os.O_RDONLY)

    def send(self, framed: bytes) -> None:
        """Say something to the worker. When it is dead, its pidfd tells; here nothing happens."""
        try:
            self._socket.sendall(framed)
        except OSError:
            return

    def received(self) -> list[bytes]:
        """The payloads that arrived."""
        try:
            return list(self._frames.feed(self._socket.recv(1 << 16, socket.MSG_DONTWAIT)))
        except OSError:
            return []

    def childless(self) -> bool:
        """True when it has no child process."""
        try:
            return not os.pread(self._children, 64, 0)
        except OSError:
            return True

    def how_it_died(self) -> tuple[int, str]:
        """Reap the dead worker; answers its return code (negative: signal) and a sentence."""
        _, status = os.waitpid(self.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        sentence = how_it_ended(code) if code < 0 else f"The Python process left with exit code {code}."
        return code, sentence

    def close(self) -> None:
        """Reap the worker, whose process has been ended before, and close what belongs to it."""
        with suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)
        self._socket.close()
        for handle in (self.handle, self._children, *self.outputs.values()):
            os.close(handle)


def _become_worker(parent: int, control: socket.socket, out: int, err: int) -> None:
    """In the child: cut everything that belongs to the hand, then serve. Never returns."""
    try:
        os.setsid()
        die_with_parent(parent)
        silence = os.open(os.devnull, os.O_RDONLY)
        os.dup2(silence, 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.dup2(control.fileno(), 3, inheritable=False)
        os.closerange(4, os.sysconf("SC_OPEN_MAX"))
        from runbell.runners.python.worker import serve  # imported here: the hand itself stays small

        serve(socket.socket(fileno=3))
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(70)
