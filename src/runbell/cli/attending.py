"""What is done between start and end of an execution: leave it, wait for it, or follow it; then say how it went."""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from runbell.cli.ending import exit_code, sentence
from runbell.cli.inert import inert
from runbell.cli.output import note, put, put_json
from runbell.cli.proof import proof_sentence
from runbell.cli.reaching import Common
from runbell.cli.trouble import DETACHED, TIMED_OUT, Refusal
from runbell.domain.durations import duration_ms

if TYPE_CHECKING:
    from runbell.client import Client, Execution


@Parameter(name="*")
@dataclass(frozen=True)
class Attendance:
    """Whether to stay until the end. On a terminal the default is to follow, elsewhere to wait quietly."""

    follow: Annotated[bool, Parameter(negative="", help="Show steps and log while it runs.", show_default=False)] = (
        False
    )
    wait: Annotated[bool, Parameter(negative="", help="Wait for the end without a word.", show_default=False)] = False
    detach: Annotated[bool, Parameter(negative="", help="Do not wait; print its id.", show_default=False)] = False
    timeout: Annotated[str | None, Parameter(help="Stay at most so long (500ms 5s 10m 2h); the job goes on.")] = None
    exit_step: Annotated[
        bool, Parameter(negative="", help="End with the failing step's own exit code.", show_default=False)
    ] = False

    def seconds(self) -> float | None:
        """How long to stay. Raises Refusal when it is not a duration, or when the options exclude each other."""
        if self.follow + self.wait + self.detach > 1:
            raise Refusal("--follow, --wait and --detach exclude each other; give one of them.")
        try:
            return None if self.timeout is None else duration_ms(self.timeout) / 1_000
        except ValueError as error:
            raise Refusal(f"--timeout {self.timeout}: {error}.") from None


STAY: Final = Attendance()


def attend(client: "Client", execution: "Execution", attendance: Attendance, common: Common) -> int:
    """Stay with an execution as asked, print its result on stdout and its end on stderr; answers the exit code."""
    seconds = attendance.seconds()
    if attendance.detach:
        put(common.form, execution, lambda: print(execution.id))
        note(f"{execution.job} {execution.number} is {execution.status}. Follow it: runbell logs {execution.number} -f")
        return 0
    quiet = attendance.wait or not (attendance.follow or sys.stderr.isatty())
    try:
        ended = client.wait(execution.id, seconds) if quiet else _follow(client, execution, seconds)
    except KeyboardInterrupt:
        return _let_go(client, execution)
    if not ended.ended:
        note(f"{ended.job} {ended.number} is still {ended.status} after {attendance.timeout}; it goes on.")
        note(f"Follow it: runbell logs {ended.number} -f")
        return TIMED_OUT
    _put_end(client, ended, common, with_tail=quiet)
    return exit_code(ended, exit_step=attendance.exit_step)


def _follow(client: "Client", execution: "Execution", seconds: float | None) -> "Execution":
    from runbell.cli.following import follow

    return follow(client, execution, seconds)


def _put_end(client: "Client", ended: "Execution", common: Common, *, with_tail: bool) -> None:
    note(sentence(ended, sys.stderr))
    if ended.error is not None and with_tail:
        for line in ended.error.log_tail:
            note(f"  {inert(line)}")
    if ended.status in ("failed", "stopped", "lost"):
        note(f"Its log: runbell logs {ended.number}    go on from there: runbell restart {ended.number}")
    if common.form != "table":
        put(common.form, ended, lambda: None)
        return
    result = ended.result
    if result is None and ended.status == "succeeded":
        result = _result_of(client, ended.id)  # null, or too large to be carried inline
    if result is not None:
        put_json(result)


def _result_of(client: "Client", execution: str) -> object:
    """What it handed back; a caller who may not read that is told so, and not that the job failed."""
    from runbell.client import ProblemError

    try:
        return client.result(execution)
    except ProblemError as refused:
        if refused.code != "insufficient_scope":
            raise
        note("What it handed back is not shown: that needs the right results:read.")
        return None


def _let_go(client: "Client", execution: "Execution") -> int:
    """Ctrl-C ends our watching. Whether it ends the job too is asked, where there is a person to answer."""
    if sys.stdin.isatty() and sys.stderr.isatty():
        try:
            print("\nStop the job too? [y/N] ", end="", file=sys.stderr, flush=True)
            answer = sys.stdin.readline().strip().lower()
        except KeyboardInterrupt:
            answer = ""
        if answer in ("y", "yes"):
            report = client.stop(execution.id, reason="Ctrl-C")
            note(proof_sentence(execution.job, execution.number, report))
            return exit_code(client.execution(execution.id))
    note(f"{execution.job} {execution.number} goes on. Follow it: runbell logs {execution.number} -f")
    return DETACHED
