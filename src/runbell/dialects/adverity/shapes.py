"""What this door answers: https://help.adverity.com/hc/en-us/articles/360009502939-Jobs and its neighbours."""

from typing import Generic, Literal, TypeVar

from msgspec import Struct

T = TypeVar("T")


class CountsShape(Struct, frozen=True, kw_only=True):
    """How much a stack holds. There are no connections here."""

    connections: int
    datastreams: int


class StackShape(Struct, frozen=True, kw_only=True):
    """A project. Stacks within stacks there are none."""

    id: int
    name: str
    slug: str
    url: str
    parent: str | None
    parent_id: int | None
    counts: CountsShape


class DatastreamShape(Struct, frozen=True, kw_only=True):
    """A job of ours, as it stands in an execution."""

    id: int
    stack_id: int
    stack: StackShape
    name: str
    slug: str
    app_label: str
    absolute_url: str
    change_url: str
    extracts_url: str
    fetch_url: str


class ScheduleShape(Struct, frozen=True, kw_only=True):
    """When a datastream fetches by itself."""

    id: int
    cron_preset: str


class WholeDatastreamShape(DatastreamShape, frozen=True, kw_only=True):
    """A job of ours
    (https://docs.adverity.com/guides/management-api/configuring-editing-datastreams.html, what there is of it here)."""

    description: str
    enabled: bool
    created: str
    updated: str
    last_fetch: str | None
    next_run: str | None
    schedules: tuple[ScheduleShape, ...]


class IssueShape(Struct, frozen=True, kw_only=True):
    """Something that went wrong."""

    message: str
    type_label: str
    extraction_state_label: str
    url: str


class JobShape(Struct, frozen=True, kw_only=True):
    """An execution of ours."""

    id: int
    url: str
    job_start: str | None
    job_end: str | None
    range_start: str | None
    range_end: str | None
    scheduled: str
    progress: float
    duration: str
    state: int
    state_label: Literal["Scheduled", "Running", "Success", "Cancelled", "Failed", "Discarded", "Stale"]
    state_color: str
    datastream: DatastreamShape
    issues: tuple[IssueShape, ...]
    manual: bool


class ExtractShape(Struct, frozen=True, kw_only=True):
    """A file that an execution left."""

    id: int
    url: str
    job_id: int
    datastream_id: int
    filename: str
    created: str
    file_size: int
    rows: int | None
    columns: int | None
    state_label: str
    download_url: str


class ImportedShape(JobShape, frozen=True, kw_only=True):
    """A job with the files that it has so far."""

    imported: tuple[ExtractShape, ...]


class StopShape(JobShape, frozen=True, kw_only=True):
    """A job as it is after it was asked to stop."""

    status: str
    message: str


class StartedShape(Struct, frozen=True, kw_only=True):
    """The job of a fetch."""

    id: int
    url: str


class FetchShape(Struct, frozen=True, kw_only=True):
    """A fetch that was accepted
    (https://docs.adverity.com/guides/management-api/collecting-data-through-management-api.html)."""

    status: str
    message: str
    start: str
    end: str
    jobs: tuple[StartedShape, ...]


class ColumnShape(Struct, frozen=True, kw_only=True):
    """A column of a datastream's data."""

    id: int
    datastream_id: int
    name: str
    datatype: str


class TokenShape(Struct, frozen=True, kw_only=True):
    """A key for a password; it has no end
    (https://docs.adverity.com/guides/management-api/authorizing-to-management-api.html)."""

    username: str
    token: str
    expires_in: int | None


class FetchBody(Struct, frozen=True, kw_only=True):
    """What a fetch is started with: a date or a timestamp each."""

    start: str
    end: str
    priority: Literal["high", "default", "low", "backdata"] = "default"
    callback: str | None = None
    force: bool | str | None = None


class LoginBody(Struct, frozen=True, kw_only=True):
    """A user's name and password."""

    username: str
    password: str


class PageShape(Struct, Generic[T], frozen=True, kw_only=True):
    """A page of a list; `next` and `previous` are whole addresses."""

    count: int
    next: str | None
    previous: str | None
    results: list[T]


class RootShape(Struct, frozen=True, kw_only=True):
    """Where the lists are."""

    jobs: str
    datastreams: str
    stacks: str
    extracts: str
    columns: str
