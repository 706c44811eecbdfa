"""The native API from Python: `Client` blocks, `AsyncClient` is awaited; both have the same calls."""

from runbell.client.answers import (
    Event,
    Execution,
    ExecutionItem,
    ExitStatus,
    Job,
    JobItem,
    JobUrls,
    JobVersion,
    JobVersionItem,
    LogLine,
    Moment,
    ReadyCall,
    StepExecution,
    StopReport,
)
from runbell.client.audit import AuditCalls, AuditCheck, AuditLine
from runbell.client.awaiting import Awaiting
from runbell.client.blocking import Blocking
from runbell.client.browser_sign_in import BrowserSignIn, BrowserSignInCalls
from runbell.client.bulk import Bulk, BulkCalls, BulkItem, BulkPreview, HeldExecution, WaitingJob, Worker
from runbell.client.connection import Connection
from runbell.client.data import Artifact, DataCalls, DownloadLink, ExceptionRecord, ExceptionSets, RowSet
from runbell.client.executions import ExecutionCalls
from runbell.client.files import FileCalls, FileReference
from runbell.client.following import FollowCalls
from runbell.client.foreseeing import ForeseeingCalls
from runbell.client.identity import IdentityCalls
from runbell.client.insights import Diff, Explanation, Plan
from runbell.client.jobs import JobCalls
from runbell.client.logs import LogCalls
from runbell.client.passes import Kept, Passes, passes_of
from runbell.client.problems import (
    DamagedDownload,
    JobFailed,
    Problem,
    ProblemError,
    RunbellError,
    Unreachable,
    UnreadableAnswerError,
)
from runbell.client.schedules import FireTime, FireTimes, Schedule, ScheduleCalls
from runbell.client.secrets import Secret, SecretCalls
from runbell.client.service import ServiceCalls
from runbell.client.sign_in import DeviceCode, SignInCalls
from runbell.client.verifying import UnverifiedWebhook, verify_webhook
from runbell.client.webhook_answers import (
    CallbackSecret,
    Delivery,
    DeliveryAttempt,
    NewWebhook,
    NewWebhookSecret,
    Replay,
    Webhook,
)
from runbell.client.webhooks import WebhookCalls

__all__ = [
    "Artifact",
    "AsyncClient",
    "AuditCheck",
    "AuditLine",
    "BrowserSignIn",
    "Bulk",
    "BulkItem",
    "BulkPreview",
    "CallbackSecret",
    "Client",
    "DamagedDownload",
    "Delivery",
    "DeliveryAttempt",
    "DeviceCode",
    "Diff",
    "DownloadLink",
    "Event",
    "ExceptionRecord",
    "ExceptionSets",
    "Execution",
    "ExecutionItem",
    "ExitStatus",
    "Explanation",
    "FileReference",
    "FireTime",
    "FireTimes",
    "HeldExecution",
    "Job",
    "JobFailed",
    "JobItem",
    "JobUrls",
    "JobVersion",
    "JobVersionItem",
    "Kept",
    "LogLine",
    "Moment",
    "NewWebhook",
    "NewWebhookSecret",
    "Passes",
    "Plan",
    "Problem",
    "ProblemError",
    "ReadyCall",
    "Replay",
    "RowSet",
    "RunbellError",
    "Schedule",
    "Secret",
    "StepExecution",
    "StopReport",
    "Unreachable",
    "UnreadableAnswerError",
    "UnverifiedWebhook",
    "WaitingJob",
    "Webhook",
    "Worker",
    "verify_webhook",
]


class _Calls(
    JobCalls,
    ExecutionCalls,
    ForeseeingCalls,
    LogCalls,
    DataCalls,
    FollowCalls,
    FileCalls,
    SecretCalls,
    ScheduleCalls,
    SignInCalls,
    BrowserSignInCalls,
    IdentityCalls,
    AuditCalls,
    ServiceCalls,
    BulkCalls,
    WebhookCalls,
):
    """The whole native API."""


class Client(Blocking, _Calls):
    """A client whose calls block. `with Client("http://127.0.0.1:7878", token) as client: client.run("hello")`.

    `token` is an API key or a token. With `client_id` and `client_secret` instead, tokens are fetched and refreshed.
    `project`: which one, for credentials that may act in several. `patience`: seconds of pauses between the retries of
    one request. `program`: what the server is told of the caller.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        project: str | None = None,
        patience: float = 10.0,
        program: str = "runbell-client",
        passes: Passes | None = None,
    ) -> None:
        super().__init__(
            Connection(url=url, token=token, patience=patience, program=program, project=project),
            passes or passes_of(token, client_id, client_secret),
        )


class AsyncClient(Awaiting, _Calls):
    """The same calls, awaited: `async with AsyncClient(url, token) as client: await client.run("hello")`."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        project: str | None = None,
        patience: float = 10.0,
        program: str = "runbell-client",
        passes: Passes | None = None,
    ) -> None:
        super().__init__(
            Connection(url=url, token=token, patience=patience, program=program, project=project),
            passes or passes_of(token, client_id, client_secret),
        )
