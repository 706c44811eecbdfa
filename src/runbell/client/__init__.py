"""The native API from Python: `Client` blocks, `AsyncClient` is awaited; both have the same calls."""

from runbell.client.answers import (
    Execution,
    ExecutionItem,
    ExitStatus,
    Job,
    JobItem,
    JobVersion,
    JobVersionItem,
    LogLine,
    StepExecution,
    StopReport,
)
from runbell.client.awaiting import Awaiting
from runbell.client.blocking import Blocking
from runbell.client.connection import Connection
from runbell.client.executions import ExecutionCalls
from runbell.client.jobs import JobCalls
from runbell.client.logs import LogCalls
from runbell.client.problems import JobFailed, Problem, ProblemError, RunbellError, Unreachable, UnreadableAnswerError
from runbell.client.service import ServiceCalls

__all__ = [
    "AsyncClient",
    "Client",
    "Execution",
    "ExecutionItem",
    "ExitStatus",
    "Job",
    "JobFailed",
    "JobItem",
    "JobVersion",
    "JobVersionItem",
    "LogLine",
    "Problem",
    "ProblemError",
    "RunbellError",
    "StepExecution",
    "StopReport",
    "Unreachable",
    "UnreadableAnswerError",
]


class _Calls(JobCalls, ExecutionCalls, LogCalls, ServiceCalls):
    """The whole native API."""


class Client(Blocking, _Calls):
    """A client whose calls block. `with Client("http://127.0.0.1:7878", token) as client: client.run("hello")`."""

    def __init__(
        self, url: str, token: str | None = None, *, patience: float = 10.0, program: str = "runbell-client"
    ) -> None:
        super().__init__(Connection(url=url, token=token, patience=patience, program=program))


class AsyncClient(Awaiting, _Calls):
    """The same calls, awaited: `async with AsyncClient(url, token) as client: await client.run("hello")`."""

    def __init__(
        self, url: str, token: str | None = None, *, patience: float = 10.0, program: str = "runbell-client"
    ) -> None:
        super().__init__(Connection(url=url, token=token, patience=patience, program=program))
