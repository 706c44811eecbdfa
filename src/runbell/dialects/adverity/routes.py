"""The addresses of this door (https://docs.adverity.com/guides/management-api/listing-jobs.html and its neighbours).

Each answers with and without the slash at its end, in place: a redirect would turn some clients' POST into GET.
"""

from typing import Any, Final

from runbell.dialects.adverity import datastreams, extracts
from runbell.dialects.adverity.jobs import Jobs
from runbell.dialects.adverity.options import Options
from runbell.dialects.adverity.shapes import (
    ColumnShape,
    ExtractShape,
    FetchBody,
    FetchShape,
    ImportedShape,
    JobShape,
    LoginBody,
    PageShape,
    RootShape,
    StackShape,
    StopShape,
    TokenShape,
    WholeDatastreamShape,
)
from runbell.domain.faults import (
    AlreadyRunning,
    BodyTooLarge,
    Gone,
    IdempotencyInProgress,
    IdempotencyKeyRequired,
    IdempotencyKeyReused,
    InvalidDefinition,
    InvalidParams,
    JobDisabled,
    JobPaused,
    JobScheduled,
    NotFinished,
    NotFound,
    QueueFull,
    QuotaExceeded,
    StorageFull,
)
from runbell.http.route import JSON, Header, Query, Reply, Route

_WHOLE: Final = {"type": "string"}
PAGING: Final = (
    Query("page", _WHOLE, "The number of the page, or `last`."),
    Query("page_size", _WHOLE, "How many rows a page has: 1 to 1000, 100 where nothing fits."),
)
RANGE: Final = (
    Query("start", _WHOLE, "Jobs that began on this day or at this time, or later."),
    Query("end", _WHOLE, "Jobs that began on this day or at this time, or earlier."),
    Query("type", _WHOLE, "`fetch`: there are no other jobs."),
    Query("manual", _WHOLE, "`false`: started by a schedule or by another job."),
    Query("ordering", _WHOLE, "id, job_start, job_end, scheduled; a minus for descending; several by commas."),
)
FILTERS: Final = (
    Query("datastream_id", _WHOLE, "Of that datastream only; a slash after it is left out."),
    Query("stack", _WHOLE, "Of that stack only."),
)
_KEY: Final = Header("Idempotency-Key", "The same start twice is one job.")
_STARTS: Final = (
    AlreadyRunning, Gone, IdempotencyInProgress, IdempotencyKeyRequired, IdempotencyKeyReused, InvalidDefinition,
    InvalidParams, JobDisabled, JobPaused, JobScheduled, QueueFull, StorageFull,
)  # fmt: skip


def routes(options: Options) -> tuple[Route, ...]:
    """All routes of the door."""
    jobs = Jobs(options)
    return (
        Route(
            method="GET", path="/api/jobs", name="job_list", endpoint=jobs.page, scope="executions:read", where="any",
            summary="What is running and scheduled, or what ran in a range of time", query=(*FILTERS, *RANGE, *PAGING),
            replies=_page(JobShape),
        ),
        Route(
            method="GET", path="/api/jobs/{job}", name="job_instance", endpoint=jobs.get, scope="executions:read",
            late=True, summary="One job", replies=_one(JobShape),
        ),
        Route(
            method="GET", path="/api/jobs/{job}/imported", name="job_imported", endpoint=jobs.imported,
            scope="executions:read", late=True, summary="One job and its extracts", replies=_one(ImportedShape),
        ),
        Route(
            method="POST", path="/api/jobs/{job}/stop", name="job_stop", endpoint=jobs.stop, scope="executions:stop",
            late=True, summary="Stop a job that is in the fetch stage", replies=_one(StopShape),
            faults=(NotFinished, BodyTooLarge),
        ),
        Route(
            method="POST", path="/api/datastreams/{datastream}/fetch_fixed", name="datastream_fetch_fixed",
            endpoint=jobs.fetch, scope="executions:run", late=True, summary="Start a job for a range of dates",
            body=FetchBody, body_media="application/x-www-form-urlencoded", body_required=True, headers=(_KEY,),
            replies=_one(FetchShape), faults=_STARTS,
        ),
        Route(
            method="GET", path="/api/datastreams/{datastream}/jobs", name="datastream_jobs",
            endpoint=jobs.of_datastream, scope="executions:read", late=True,
            summary="The jobs of one datastream", query=(*RANGE, *PAGING),
            replies=_page(JobShape),
        ),
        Route(
            method="GET", path="/api/datastreams", name="datastream_list", endpoint=datastreams.page,
            scope="jobs:read", where="any", summary="The datastreams", query=PAGING,
            replies=_page(WholeDatastreamShape),
        ),
        Route(
            method="GET", path="/api/datastreams/{datastream}", name="datastream_instance", endpoint=datastreams.get,
            scope="jobs:read", late=True, summary="One datastream", replies=_one(WholeDatastreamShape),
        ),
        Route(
            method="GET", path="/api/stacks", name="stack_list", endpoint=datastreams.stacks, anyone=True,
            summary="The stacks", query=PAGING, replies=_page(StackShape), faults=(NotFound,),
        ),
        Route(
            method="GET", path="/api/stacks/{stack}", name="stack_instance", endpoint=datastreams.stack, anyone=True,
            summary="One stack", replies=_one(StackShape), faults=(NotFound,),
        ),
        Route(
            method="GET", path="/api/extracts", name="extract_list", endpoint=extracts.page,
            scope="results:read", where="any", summary="The extracts of a job or a datastream",
            query=(Query("job_id", _WHOLE, "Of that job only."), FILTERS[0], *PAGING), replies=_page(ExtractShape),
        ),
        Route(
            method="GET", path="/api/extracts/{extract}", name="extract_instance", endpoint=extracts.get,
            scope="results:read", late=True, summary="One extract", replies=_one(ExtractShape),
        ),
        Route(
            method="GET", path="/api/extracts/{extract}/download", name="extract_download",
            endpoint=extracts.download, scope="results:read", late=True, summary="The file of an extract",
            replies={200: Reply("The file.", {"*/*": str})},
        ),
        Route(
            method="GET", path="/api/columns", name="column_list", endpoint=datastreams.columns, scope="jobs:read",
            where="any", summary="The columns of a datastream's data", query=(FILTERS[0], *PAGING),
            replies=_page(ColumnShape),
        ),
        Route(
            method="POST", path="/api/auth/token", name="obtain_auth_token", endpoint=datastreams.token, open=True,
            summary="A key for a user's name and password", body=LoginBody,
            body_media="application/x-www-form-urlencoded", body_required=True, replies=_one(TokenShape),
            faults=(QuotaExceeded,),
        ),
        Route(
            method="GET", path="/api", name="api_root", endpoint=datastreams.root, anyone=True,
            summary="Where the lists are", replies=_one(RootShape),
        ),
    )  # fmt: skip


def _one(shape: Any) -> dict[int, Reply]:
    return {200: Reply("As asked.", {JSON: shape})}


def _page(shape: Any) -> dict[int, Reply]:
    return {200: Reply("A page.", {JSON: PageShape[shape]})}
