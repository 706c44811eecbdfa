"""The folders of a step: the execution's home and workspace, made when needed and gone again when nothing lies there.

Several hands may run steps of one execution, so each holds a shared flock(2) on the home while it works there, and a
home is only taken away under an exclusive one. A hand keeps an empty home ready and moves it into place and back:
11 µs instead of 120 µs for making and removing two folders (ext4), most of what a step that does nothing would cost.
"""
# ruff: noqa: PTH102, PTH103, PTH104, PTH106, PTH112, PTH116, PTH120, PTH208 - pathlib triples the time of these calls

import fcntl
import os
from contextlib import suppress
from shutil import rmtree


class Folders:
    """The folders of one hand's current step."""

    def __init__(self) -> None:
        self.home = ""
        self._lock = -1
        self._spare = ""
        self._spare_lock = -1
        self._private = ""

    @property
    def workspace(self) -> str:
        """The current directory of the step."""
        return self.home + "/workspace"

    @property
    def output(self) -> str:
        """Files left there become output files: a folder of this hand alone, steps side by side do not mix."""
        return f"{self.home}/output/{os.getpid()}"

    @property
    def data(self) -> str:
        """Where rows and output files are kept."""
        return self.home + "/data"

    @property
    def _exchange(self) -> str:
        return f"{self.home}/.step-{os.getpid()}"

    def open(self, home: str) -> None:
        """Make home and workspace (mode 0700) and hold them until `close`. Raises OSError when that cannot be."""
        self.home = home
        while not self._move_spare() and not self._hold():
            pass

    def private(self) -> str:
        """Make `output`, and a folder for the files that hand and step exchange, which is removed at `close`."""
        os.makedirs(self.output, 0o700, exist_ok=True)
        self._private = self._exchange
        os.mkdir(self._private, 0o700)
        return self._private

    def close(self) -> None:
        """Let go. What is empty is taken away, unless another hand works there."""
        if self._private:
            rmtree(self._private, ignore_errors=True)
        with suppress(OSError):
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self._private:
                _remove(self.output)
                _remove(f"{self.home}/output")
            if self._lock == self._spare_lock and _untouched(self.home):
                os.rename(self.home, self._spare)
                fcntl.flock(self._lock, fcntl.LOCK_SH)
                self._lock = -1
            else:
                _remove(self.workspace)
                _remove(self.home)
        if self._lock >= 0:
            os.close(self._lock)
            if self._lock == self._spare_lock:
                self._spare_lock = -1
        self._lock = -1
        self._private = ""

    def leave(self) -> None:
        """Take the spare home away: the hand goes."""
        if self._spare_lock >= 0:
            rmtree(self._spare, ignore_errors=True)

    def _move_spare(self) -> bool:
        if self._spare_lock < 0:
            self._make_spare()
        try:
            os.rename(self._spare, self.home)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(self.home), 0o700, exist_ok=True)
            if not os.path.isdir(self._spare):
                os.close(self._spare_lock)
                self._spare_lock = -1
            return False
        except OSError:
            return False  # something lies there: an earlier step was here, or another hand is
        self._lock = self._spare_lock
        return True

    def _make_spare(self) -> None:
        root = os.path.dirname(os.path.dirname(self.home))
        self._spare = f"{root}/.hands/{os.getpid()}"
        os.makedirs(self._spare + "/workspace", 0o700, exist_ok=True)
        self._spare_lock = os.open(self._spare, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._spare_lock, fcntl.LOCK_SH)

    def _hold(self) -> bool:
        with suppress(FileExistsError):
            os.mkdir(self.home, 0o700)
        lock = -1
        with suppress(FileNotFoundError):  # another hand took it away between two of these calls
            lock = os.open(self.home, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(lock, fcntl.LOCK_SH)
            with suppress(FileExistsError):
                os.mkdir(self.workspace, 0o700)
            if os.path.samestat(os.stat(self.home), os.fstat(lock)):
                self._lock = lock
                self.clear()
                return True
        if lock >= 0:
            os.close(lock)
        return False

    def clear(self) -> None:
        """Take away what a hand of this process id has left unfinished: a container begins to count anew."""
        for folder in (self.output, self._exchange):
            if os.path.isdir(folder):
                rmtree(folder, ignore_errors=True)


def _untouched(home: str) -> bool:
    return os.listdir(home) == ["workspace"] and not os.listdir(home + "/workspace")


def _remove(folder: str) -> None:
    with suppress(OSError):
        os.rmdir(folder)
