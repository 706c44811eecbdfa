"""A command step: spawning its process, and what its end means."""

import errno
import os
import signal
import subprocess
from pathlib import Path
from typing import Final

from runbell.domain.execution import Error, ResultRef
from runbell.domain.outcome import Failed, Outcome, Succeeded
from runbell.domain.status import ERROR, OK, ExitStatus
from runbell.ports.runner import StepOrder
from runbell.runners.hand.environment import environment, write_parameters
from runbell.runners.hand.folders import Folders
from runbell.runners.hand.masks import Masks
from runbell.runners.hand.results import BadResult, ProgressFile, read_exit_status, read_keep, read_result
from runbell.runners.hand.sheets import Sheets

NO_ROOM: Final = frozenset(
    {errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EDQUOT}
)  # try again later, nothing was begun


class Command:
    """A command under way. Its process leads its own session and group, so the pid is also the group's number."""

    def __init__(self, order: StepOrder, folders: Folders, masks: Masks | None = None) -> None:
        """Spawn it. Raises OSError or ValueError when there is no such program or it cannot be started."""
        self._order = order
        self._masks = masks
        self._sheets = Sheets(Path(folders.private()), in_memory=bool(order.veiled))
        self._home = folders.home
        private = self._sheets.folder
        self._result, self._status = str(private / "result"), str(private / "exit-status")
        progress = str(private / "progress")
        self._keep = str(private / "keep")
        self.progress = ProgressFile(progress)
        variables = environment(order, folders.workspace) | write_parameters(order, self._sheets)
        variables |= {
            "RUNBELL_RESULT": self._result,
            "RUNBELL_EXIT_STATUS": self._status,
            "RUNBELL_KEEP": self._keep,
            "RUNBELL_PROGRESS": progress,
            "RUNBELL_OUTPUT": folders.output,
        }
        try:
            self._process = _spawn(order, folders.workspace, variables)
        except BaseException:
            self._sheets.close()
            raise
        self.pid = self._process.pid
        self.handle = os.pidfd_open(self.pid)
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self.outputs = {"out": self._process.stdout.fileno(), "err": self._process.stderr.fileno()}

    def outcome(self) -> Outcome:
        """What the ended process came to; only after it is known to have ended."""
        code = self._process.wait()
        said = read_exit_status(self._status)
        try:
            result = read_result(self._result, self._home, self._masks)
            keep = read_keep(self._keep, self._masks)
        except (BadResult, OSError) as wrong:
            return self.failed(str(wrong), code)
        if code in self._order.exit_codes or code == 0:
            return Succeeded(said or ExitStatus(self._order.exit_codes.get(code, OK)), result, keep)
        return self.failed(said.message if said else "", code, said.code if said else ERROR, result)

    def failed(self, detail: str, exit_code: int, code: str = ERROR, result: ResultRef | None = None) -> Failed:
        """Failed, with a sentence about the exit code or the signal when there is no better one."""
        number = exit_code if exit_code >= 0 else None
        return Failed(Error(code=code, detail=detail or how_it_ended(exit_code), exit_code=number), result)

    def close(self) -> None:
        """Reap the process and close what belongs to it."""
        self._process.wait()
        self._sheets.close()
        os.close(self.handle)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()


def _spawn(order: StepOrder, workspace: str, variables: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # vfork: nothing here may need code of ours between fork and exec
        _arguments(order),
        executable=_program(order),
        cwd=workspace,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
    )


def how_it_ended(code: int) -> str:
    """A sentence about a return code as `subprocess` gives it: negative numbers are signals."""
    if code >= 0:
        return f"The command ended with exit code {code}."
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = "unknown"
    return f"The process was ended by signal {-code} ({name})."


def why_not_started(order: StepOrder, wrong: Exception) -> str:
    """The sentence for a command that could not be started."""
    program = order.argv[0] if order.argv else "/bin/sh"
    number = wrong.errno if isinstance(wrong, OSError) else None
    if number == errno.ENOENT:
        return f"There is no program {program!r}; install it, or name it with its whole path."
    if number == errno.EACCES:
        return f"The program {program!r} may not be executed; make it executable (chmod +x)."
    if number == errno.ENOEXEC:
        return f"{program!r} is no program; begin a script with #! and its interpreter."
    if number == errno.E2BIG:
        return "The arguments and the environment are too long for a process; hand the value over by file."
    return f"The command {program!r} could not be started: {wrong}."


def _arguments(order: StepOrder) -> list[str]:
    return ["/bin/sh", "-c", order.script, "sh"] if order.script is not None else list(order.argv or ())


def _program(order: StepOrder) -> str | None:
    """The file to execute when it is not simply the first argument: `./x` lies in the job file's folder."""
    if order.argv and order.argv[0].startswith("./") and order.folder is not None:
        return f"{order.folder}/{order.argv[0][2:]}"
    return None
