"""Our words → the vendor's shapes."""

import re
from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct

from runbell.dialects.adverity import moments
from runbell.dialects.adverity.options import Options
from runbell.dialects.adverity.shapes import (
    ColumnShape,
    CountsShape,
    DatastreamShape,
    ExtractShape,
    FetchShape,
    ImportedShape,
    IssueShape,
    JobShape,
    ScheduleShape,
    StackShape,
    StartedShape,
    StopShape,
    WholeDatastreamShape,
)
from runbell.dialects.adverity.words import state
from runbell.domain.data import Column, OutputFile, exception_count
from runbell.domain.execution import Execution, StepExecution
from runbell.domain.principals import Project
from runbell.domain.status import Status, StepStatus
from runbell.http.request import Request
from runbell.operations import foreign
from runbell.operations.survey import Place, Seen, SeenJob
from runbell.ports.job_table import JobRecord

DIALECT: Final = "adverity"
RANGE: Final = ("range_start", "range_end")
"""Under these names the range of a fetch is kept with the execution, in epoch ms."""
DOOR: Final = "door"
"""Under this name a fetch keeps where its caller saw this door: addresses in its callback begin with it."""
_BY_ITSELF: Final = frozenset({"schedule", "job"})
_WAITING: Final = frozenset({Status.SCHEDULED, Status.QUEUED})
DATATYPES: Final = {
    "text": "String", "int": "Long", "decimal": "Float", "bool": "Boolean", "date": "Date", "datetime": "DateTime",
    "json": "String",
}  # fmt: skip
_NOT_IN_A_SLUG: Final = re.compile("[^a-z0-9]+")


class Where(Struct, frozen=True):
    """Where addresses begin: those of this door, and those of the console."""

    door: str
    console: str


def place(request: Request) -> Where:
    """Where the caller sees this door."""
    door = request.base
    return Where(door, f"{door.removesuffix(str(request.scope.get('root_path', '')))}/console")


def job(seen: Seen, at: Where, options: Options) -> JobShape:
    """An execution."""
    return JobShape(**_job(seen, at, options))


def imported(seen: Seen, at: Where, options: Options, extracts: Iterable[ExtractShape]) -> ImportedShape:
    """An execution with the files that it has so far."""
    return ImportedShape(**_job(seen, at, options), imported=tuple(extracts))


def extract(number: int, file: OutputFile, at_ms: int, of: Execution, stream: int, at: Where) -> ExtractShape:
    """A file. Its size is in bytes; rows and columns are those of a CSV file."""
    url = f"{at.door}/api/extracts/{number}/"
    return ExtractShape(
        id=number, url=url, job_id=of.number, datastream_id=stream, filename=file.name, created=moments.text(at_ms),
        file_size=file.size, rows=file.rows, columns=file.columns, state_label="Success",
        download_url=f"{url}download/",
    )  # fmt: skip


def column(place: int, stream: int, one: Column) -> ColumnShape:
    """A column of a table, in the vendor's word for its type."""
    return ColumnShape(id=place, datastream_id=stream, name=one.name, datatype=DATATYPES[one.type])


def stopped(seen: Seen, at: Where, options: Options) -> StopShape:
    """An execution that was asked to stop."""
    number = seen.execution.number
    said = f"Job {number} was stopped." if seen.execution.status.terminal else f"Job {number} is being stopped."
    return StopShape(**_job(seen, at, options), status="ok", message=said)


def fetched(execution: Execution, start: int, end: int, at: Where) -> FetchShape:
    """A fetch that was accepted."""
    made = StartedShape(id=execution.number, url=_job_url(execution.number, at))
    return FetchShape(
        status="ok", message="Fetch started.", start=moments.text(start), end=moments.text(end), jobs=(made,)
    )


def datastream(seen: SeenJob, at: Where) -> WholeDatastreamShape:
    """A job, and when it fetches by itself."""
    record = seen.job
    return WholeDatastreamShape(
        **_datastream(record, seen.place, at), description=str(record.definition.get("description") or ""),
        enabled=record.enabled, created=moments.text(record.created_at), updated=moments.text(record.updated_at),
        last_fetch=_maybe(seen.last_begun), next_run=_maybe(seen.next_fire), schedules=_schedules(record),
    )  # fmt: skip


def _schedules(record: JobRecord) -> tuple[ScheduleShape, ...]:
    """The schedule of a job that starts by itself; the vendor's member for its text is made for cron lines."""
    written = record.definition.get("schedule")
    if not isinstance(written, dict) or record.definition.get("starts") == "api":
        return ()
    kind = next((kind for kind in ("cron", "every", "at") if kind in written), "")
    text = str(written.get(kind, ""))
    return (ScheduleShape(id=record.number, cron_preset=text if kind == "cron" else f"{kind} {text}"),)


def stack(found: Place, at: Where) -> StackShape:
    """A project."""
    number = stack_number(found.project)
    return StackShape(
        id=number, name=found.project.name, slug=slug(found.project.name), url=f"{at.door}/api/stacks/{number}/",
        parent=None, parent_id=None, counts=CountsShape(connections=0, datastreams=found.jobs),
    )  # fmt: skip


def stack_number(project: Project) -> int:
    """The number of a project here: the one that it was given, else its own."""
    return int(project.ids.get(DIALECT, project.number))


def slug(name: str) -> str:
    """A name in lower case, with hyphens for whatever is neither letter nor digit."""
    return _NOT_IN_A_SLUG.sub("-", name.lower()).strip("-")


def duration(milliseconds: int) -> str:
    """`1h 0m 7s`, `2m 5s`, `3s`: leading units that are nothing are left out."""
    minutes, seconds = divmod(max(0, milliseconds) // 1_000, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes}m {seconds}s"
    return f"{minutes}m {seconds}s" if minutes else f"{seconds}s"


def progress(execution: Execution) -> float:
    """From 0 to 1: what the running step says of itself."""
    if execution.status.terminal:
        return 1
    said = execution.progress
    if execution.status in _WAITING or said is None:
        return 0
    share = said.done / said.total if said.total else said.done
    return min(1.0, max(0.0, share))


def _job(seen: Seen, at: Where, options: Options) -> dict[str, Any]:
    it, word = seen.execution, state(seen.execution, options)
    began = None if it.status in _WAITING else it.started_at
    about = it.about or {}
    return {
        "id": it.number,
        "url": _job_url(it.number, at),
        "job_start": _maybe(began),
        "job_end": _maybe(it.ended_at),
        "range_start": _maybe(about.get(RANGE[0])),
        "range_end": _maybe(about.get(RANGE[1])),
        "scheduled": moments.text(_due(it)),
        "progress": progress(it),
        "duration": duration(0 if began is None else (it.ended_at or seen.now) - began),
        "state": word.number,
        "state_label": word.label,
        "state_color": word.color,
        "datastream": DatastreamShape(**_datastream(seen.job, seen.place, at)),
        "issues": _issues(seen, word.label, at),
        "manual": it.trigger.kind not in _BY_ITSELF,
    }


def _due(it: Execution) -> int:
    """When it was due: its schedule's instant, its earliest start, else when it was accepted."""
    if (due := it.trigger.due) is not None:
        return due
    return it.created_at if it.start_after is None else it.start_after


def _issues(seen: Seen, label: str, at: Where) -> tuple[IssueShape, ...]:
    """What went wrong: once for the job as a whole, once for each step that failed or found exception records."""
    it = seen.execution
    messages: list[tuple[str, str]] = []
    if it.status.terminal and it.status is not Status.SUCCEEDED:
        said = "" if it.exit_status is None else _said(it.exit_status.code, it.exit_status.message)
        failed = [step for step in seen.steps if step.status is StepStatus.FAILED]
        messages = [("Error", said), *(("Error", _step_said(step)) for step in failed)]
    for step in seen.steps:
        if found := exception_count(step.data):
            messages.append(("Warning", f"{_step(step)}: {found} exception records"))
    url = f"{at.console}/executions/{it.number}"
    return tuple(
        IssueShape(message=message, type_label=kind, extraction_state_label=label, url=url)
        for kind, message in messages
    )


def _step_said(step: StepExecution) -> str:
    code = "ERROR" if step.exit_status is None else step.exit_status.code
    message = (
        step.error.detail if step.error is not None else "" if step.exit_status is None else step.exit_status.message
    )
    return f"{_step(step)}: {_said(code, message)}"


def _step(step: StepExecution) -> str:
    return step.name if step.scope is None else f"{step.name} ({step.scope})"


def _said(code: str, message: str) -> str:
    return f"{code}: {message}" if message else code


def _datastream(record: JobRecord, found: Place, at: Where) -> dict[str, Any]:
    number, word = foreign.number_of(record, DIALECT), slug(record.name)
    return {
        "id": number,
        "stack_id": stack_number(found.project),
        "stack": stack(found, at),
        "name": str(record.definition.get("title") or record.name),
        "slug": word,
        "app_label": "runbell",
        "absolute_url": f"{at.console}/jobs/{record.name}",
        "change_url": f"{at.console}/jobs/{record.name}/edit",
        "extracts_url": f"{at.door}/api/extracts/?datastream_id={number}",
        "fetch_url": f"{at.door}/api/datastreams/{number}/fetch_fixed/",
    }


def _job_url(number: int, at: Where) -> str:
    return f"{at.door}/api/jobs/{number}/"


def _maybe(moment: int | None) -> str | None:
    return None if moment is None else moments.text(moment)
