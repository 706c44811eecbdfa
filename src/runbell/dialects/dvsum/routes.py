"""The routes of the DvSum door: one table of everything that it offers."""

from typing import Final

from msgspec import structs

from runbell.dialects.dvsum.credentials import RUN_JOB
from runbell.dialects.dvsum.downloads import FORMATS, download
from runbell.dialects.dvsum.endpoints import Endpoints
from runbell.dialects.dvsum.faults import (
    DownloadKeyInvalid,
    DownloadKeyRequired,
    InvalidId,
    SignatureInvalid,
    StillRunning,
    UnknownExecution,
    UnknownJob,
    UnknownRule,
    UrlExpired,
)
from runbell.dialects.dvsum.options import Options
from runbell.dialects.dvsum.tokens import REFUSALS, TokenForm, TokenReply, token
from runbell.dialects.dvsum.wire import Details, ExceptionFile, ExecuteReply, RunJobReply
from runbell.domain import faults as f
from runbell.http.form import FORM
from runbell.http.route import JSON, Header, Query, Reply, Route

_KEY: Final = Header("Idempotency-Key", "The same key again is the same execution.")
_STARTING: Final = (
    InvalidId, UnknownJob, f.JobScheduled, f.JobDisabled, f.InvalidDefinition, f.JobPaused, f.InvalidParams,
    f.AlreadyRunning, f.IdempotencyKeyRequired, f.IdempotencyKeyReused, f.IdempotencyInProgress, f.Gone, f.QueueFull,
    f.StorageFull, f.BodyTooLarge,
)  # fmt: skip


def routes(options: Options) -> list[Route]:
    """The whole table, with the older call when it is switched on."""
    here = Endpoints(options)
    choice = {"enum": list(FORMATS)}
    return [
        Route(method="POST", path="/integration/jobs/{id}/execute", endpoint=here.execute, name="execute_job",
              scope="executions:run", late=True, headers=(_KEY,), faults=_STARTING,
              summary="Execute a job; the id is the job's, and what the body says is ignored",
              replies={200: Reply("Accepted, and on disk.", {JSON: ExecuteReply})}),
        Route(method="GET", path="/integration/jobs/{id}/details", endpoint=here.details, name="job_execution_details",
              scope="executions:read", late=True, faults=(InvalidId, UnknownExecution, f.InvalidField),
              query=(Query("exception_format", choice, "The format of the download URLs; default csv."),),
              summary="An execution as it stands; the id is the execution's",
              replies={200: Reply("As it is.", {JSON: Details})}),
        Route(method="GET", path="/integration/exceptions/{id}/download", endpoint=download, open=True,
              name="download_exceptions", summary="Exception records, at most 10,000; the URL comes from the details",
              query=(Query("rule_id", {"type": "string"}, "Of that rule only; default all."),
                     Query("format", choice, "Default csv.")),
              faults=(InvalidId, f.InvalidField, DownloadKeyRequired, DownloadKeyInvalid, SignatureInvalid, UrlExpired,
                      UnknownExecution, UnknownRule, f.NotFound),
              replies={200: Reply("The file.", {"text/csv": str, JSON: ExceptionFile})}),
        Route(method="POST", path="/oauth2/token", endpoint=token, name="token", open=True, body=TokenForm,
              body_media=FORM, body_required=True, refusals=REFUSALS, summary="An access token for an OAuth client",
              replies={200: Reply("The token.", {JSON: TokenReply})}),
        *_run_job(here, options),
    ]  # fmt: skip


def _run_job(here: Endpoints, options: Options) -> list[Route]:
    if options.runjob == "off":
        return []
    number, key = {"type": "integer", "minimum": 1}, Query("apiKey", {"type": "string"}, "As x-api-key.")
    queries = (Query("jobId", number, "The number of the job."),)
    plain = Route(
        method="GET", path="/runJob", endpoint=here.run_job, name=RUN_JOB, headers=(_KEY,), open=True, query=queries,
        faults=(*_STARTING, StillRunning, f.MethodNotAllowed), summary="Execute a job, and say how it went at its end",
        replies={200: Reply("It has ended.", {JSON: RunJobReply})},
    )  # fmt: skip
    if options.runjob == "open":
        return [plain]
    return [structs.replace(plain, open=False, scope="executions:run", late=True, query=(*queries, key))]
