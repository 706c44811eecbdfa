"""What can go wrong with a call: a problem document, no server, an unreadable answer, a job that did not succeed."""

from typing import Any

import msgspec
from msgspec import Struct

from runbell.client.answers import Execution
from runbell.client.effects import Answer


class FieldProblem(Struct, frozen=True):
    """One thing wrong with the input: where (JSON pointer), which rule, what to do."""

    pointer: str = ""
    code: str = ""
    detail: str = ""
    line: int | None = None


class Problem(Struct, frozen=True, kw_only=True):
    """An RFC 9457 problem document with the members of the native API; `error…` where it is OAuth that refuses."""

    status: int = 0
    code: str = ""
    title: str = ""
    detail: str = ""
    errors: tuple[FieldProblem, ...] = ()
    request_id: str | None = None
    resubmit: str = "never"
    retry_after: float | None = None
    execution: str | None = None
    error: str = ""
    error_description: str = ""


class RunbellError(Exception):
    """The root of all that this client raises. Its text is a sentence that says what to do."""


class Unreachable(RunbellError):  # noqa: N818 - a state of affairs, not a defect
    """No server answers at that address."""


class DamagedDownload(RunbellError):  # noqa: N818 - a state of affairs
    """What came is not whole, or not what was left there; no file was written."""


class UnreadableAnswerError(RunbellError):
    """Something answered, but not a runbell server."""


class ProblemError(RunbellError):
    """The server refused; `problem` is what it said."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail or problem.title or f"The server answered {problem.status}.")
        self.problem = problem

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.problem.status

    @property
    def code(self) -> str:
        """The stable code, for instance `not_found`."""
        return self.problem.code

    @property
    def detail(self) -> str:
        """What happened and what to do, in a sentence."""
        return self.problem.detail

    @property
    def errors(self) -> tuple[FieldProblem, ...]:
        """Every single thing that is wrong with the input."""
        return self.problem.errors

    @property
    def request_id(self) -> str | None:
        """What to quote when asking the people who run the server."""
        return self.problem.request_id


class JobFailed(RunbellError):  # noqa: N818 - an outcome, not a defect
    """The execution has ended, but not well: `execution` as it is, and of its error what is asked for most."""

    def __init__(self, execution: "Execution[Any]") -> None:
        exit_status = execution.exit_status
        said = exit_status.message if exit_status else ""
        super().__init__(f"Execution {execution.number} of {execution.job} ended as {execution.status}. {said}".strip())
        self.execution = execution

    @property
    def step(self) -> str | None:
        """The step that failed for good."""
        return self.execution.error.step if self.execution.error else None

    @property
    def exit_code(self) -> int | None:
        """The exit code of its process, where it had one."""
        return self.execution.error.exit_code if self.execution.error else None

    @property
    def log_tail(self) -> tuple[str, ...]:
        """The last 20 lines that it wrote."""
        return self.execution.error.log_tail if self.execution.error else ()


def problem_of(answer: Answer) -> Problem:
    """The problem document of a bad answer; one is made up when something else than a runbell server said no."""
    try:
        problem = msgspec.json.decode(answer.body, type=Problem)
    except msgspec.MsgspecError:
        problem = Problem(detail=f"The server answered {answer.status} without saying why.")
    if problem.error:
        problem = msgspec.structs.replace(
            problem, code=problem.error, detail=problem.error_description or problem.error
        )
    seconds = answer.headers.get("retry-after", "")
    retry_after = float(seconds) if seconds.isdigit() else problem.retry_after
    return msgspec.structs.replace(problem, status=answer.status, retry_after=retry_after)
