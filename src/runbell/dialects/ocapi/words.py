"""The vendor's words for the house's own: total tables, and the words that a client takes for "not over yet".

https://developer.salesforce.com/docs/commerce/b2c-commerce/references/b2c-commerce-ocapi/jobexecution
"""

from typing import Final

from msgspec import Struct

from runbell.domain.execution import Error
from runbell.domain.search import View
from runbell.domain.search import Word as Searched
from runbell.domain.status import ERROR, OK, ExitStatus, Status, StepStatus


class Word(Struct, frozen=True):
    """How a status is said: `execution_status`, `status` (None: the exit code), and whether it ended well or badly."""

    execution: str
    status: str | None
    good: bool | None = None


STATUS: Final = {
    Status.SCHEDULED: Word("pending", "PENDING"),
    Status.QUEUED: Word("running", "RUNNING"),
    Status.RUNNING: Word("running", "RUNNING"),
    Status.STOPPING: Word("aborting", "RUNNING"),
    Status.SUCCEEDED: Word("finished", None, good=True),
    Status.FAILED: Word("finished", "ERROR", good=False),
    Status.STOPPED: Word("aborted", "ABORTED", good=False),
    Status.DISCARDED: Word("aborted", "DISCARDED", good=False),
    Status.LOST: Word("aborted", "LOST", good=False),
}
VERBATIM: Final = STATUS | {
    Status.QUEUED: Word("pending", "PENDING"),
    Status.STOPPING: Word("aborting", "ABORTING"),
}
"""As the vendor's documents have it; sfcc-ci would take both words for the end."""
STEP_STATUS: Final = {
    StepStatus.PENDING: None,
    StepStatus.SKIPPED: None,
    StepStatus.RUNNING: Word("running", "RUNNING"),
    StepStatus.WAITING: Word("running", "RUNNING"),
    StepStatus.SUCCEEDED: Word("finished", None, good=True),
    StepStatus.REUSED: Word("finished", None, good=True),
    StepStatus.FAILED: Word("finished", None, good=False),
    StepStatus.STOPPED: Word("aborted", "ABORTED", good=False),
    StepStatus.LOST: Word("aborted", "LOST", good=False),
}
"""None: the step is not shown."""
ALIVE: Final = frozenset({"RUNNING", "PENDING", "ABORTING"})
"""No job that has ended shows one of these, whatever code it chose: a client would go on polling."""


class Table(Struct, frozen=True):
    """The words of one door. `own`: a failed job shows its own exit code."""

    words: dict[Status, Word]
    own: bool = False

    def status(self, status: Status, exit_status: ExitStatus | None) -> str:
        """The member `status` of an execution."""
        word = self.words[status].status
        if word is None or (self.own and status is Status.FAILED):
            return _safe(code_of(exit_status, good=status is Status.SUCCEEDED), good=status is Status.SUCCEEDED)
        return word


def table(*, verbatim: bool, own: bool) -> Table:
    """The words that the options of a door ask for."""
    return Table(VERBATIM if verbatim else STATUS, own)


def view_of(words: Table) -> View:
    """What a search compares: the words as they are shown."""
    own = {Status.FAILED} if words.own else set()
    alive = tuple(sorted(ALIVE))
    return View(
        dialect="ocapi",
        words={
            status: Searched(None if word.status is None or status in own else word.status,
                             ERROR if status is Status.FAILED else OK, alive)
            for status, word in words.words.items()
        },
        step_words={
            status: Searched(word.status, OK if word.good else ERROR)
            for status, word in STEP_STATUS.items() if word is not None
        },
        no_scope="Organization",
        waiting=(Status.QUEUED,) if words.words[Status.QUEUED].status == "RUNNING" else (),
    )  # fmt: skip


def code_of(exit_status: ExitStatus | None, error: Error | None = None, *, good: bool) -> str:
    """The exit code, or what stands for none."""
    if exit_status is not None and exit_status.code:
        return exit_status.code
    return OK if good else (error.code if error is not None else "") or ERROR


def _safe(code: str, *, good: bool) -> str:
    return (OK if good else ERROR) if code in ALIVE else code
