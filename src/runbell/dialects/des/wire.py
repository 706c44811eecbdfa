"""Shapes of DES: what goes out, always in lower camel case, and how it is made.

https://docs.powerepos.cloud/Model/POSCorePublic.Models.DataExtractionService.API.StartJobResponse
https://docs.powerepos.cloud/Model/POSCorePublic.Models.DataExtractionService.API.QueryJobRunStatusResponse
"""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from runbell.dialects.des import words
from runbell.dialects.des.parameters import default_of, type_of
from runbell.domain.data import OutputFile
from runbell.domain.execution import Execution
from runbell.domain.job import Job, Parameter
from runbell.domain.yielded import LeftFile
from runbell.http.answer import Answer, Headers, header
from runbell.http.times import rfc3339
from runbell.operations import foreign
from runbell.operations.foreign import Caller
from runbell.ports.job_table import JobRecord

NAME: Final = "des"
JSON_TYPE: Final = header("content-type", "application/json; charset=utf-8")
LONGEST_NAME: Final = 128


class JobRunParameter(Struct, frozen=True, kw_only=True, rename="camel"):
    """A parameter as its job declares it. `type`: 1 string, 2 integer, 3 decimal, 4 date-time, 5 boolean."""

    name: str
    description: str | None
    type: int
    required: bool
    nullable: bool
    supports_auto_value: bool
    default_value_string_encoded: str | None


class JobShape(Struct, frozen=True, kw_only=True, rename="camel"):
    """A job that the caller may start."""

    job_id: str
    name: str
    description: str | None
    template_name: str
    enabled: bool
    parameters: tuple[JobRunParameter, ...]


class QueryJobsResponse(Struct, frozen=True, kw_only=True, rename="camel"):
    """Jobs by name; `total_count` before skip and take."""

    total_count: int
    jobs: tuple[JobShape, ...]


class StartJobResponse(Struct, frozen=True, kw_only=True, rename="camel"):
    """A run was created."""

    job_id: str
    job_run_id: str


class JobRunFileMetadata(Struct, frozen=True, kw_only=True, rename="camel"):
    """A file that a run left."""

    file_id: str
    file_name: str
    content_type: str
    size_bytes: int
    sha256: str
    created_utc: str


class JobRunFile(JobRunFileMetadata, frozen=True, kw_only=True, rename="camel"):
    """A file with its content when it is small, and a URL that opens it for a while."""

    content_base64: str | None
    download_url: str


class RunFile(Struct, frozen=True):
    """A file of a run under its name there, and when it was left."""

    name: str
    left: LeftFile
    at: int

    @property
    def file(self) -> OutputFile:
        """The file itself."""
        return self.left.file

    @property
    def guid(self) -> str:
        """Its id, made of the name that the house gave it."""
        return str(UUID(hex=self.file.file))


class QueryJobRunStatusResponse(Struct, frozen=True, kw_only=True, rename="camel"):
    """How a run stands. `finished` is the test of completion."""

    job_id: str
    job_run_id: str
    finished: bool
    success: bool
    status: str | None
    triggering_auth_server_user_id: str | None
    triggering_auth_server_user_name: str | None
    created_utc: str
    finished_utc: str | None
    output_files: tuple[JobRunFileMetadata, ...] | None


class GetRunFilesResponse(Struct, frozen=True, kw_only=True, rename="camel"):
    """The files of a run."""

    job_id: str
    job_run_id: str
    files: tuple[JobRunFile, ...]


class ErrorDetail(Struct, frozen=True, kw_only=True, rename="camel"):
    """One fault of a request."""

    parameter: str | None
    code: str
    message: str


class ErrorResponse(Struct, frozen=True, kw_only=True, rename="camel"):
    """Why a request was refused; all its faults at once."""

    code: str
    message: str
    details: tuple[ErrorDetail, ...] | None
    trace_id: str


class TokenResponse(Struct, frozen=True, kw_only=True):
    """A token (https://docs.powerepos.cloud/Document/DES/Onboarding)."""

    token_type: str
    access_token: str
    expires_in: int
    svc: str
    org_id: str
    refresh_token: str | UnsetType = UNSET


def answer(value: Any, status: int = 200, headers: Headers | None = None) -> Answer:
    """A value as JSON."""
    return Answer(
        status, [JSON_TYPE, header("cache-control", "no-store"), *(headers or ())], msgspec.json.encode(value)
    )


def started(record: JobRecord, execution: Execution) -> Answer:
    """The run that a start made."""
    job_id, run_id = foreign.guid_of(record, NAME), foreign.execution_guid(execution)
    return answer(StartJobResponse(job_id=job_id, job_run_id=run_id))


def metadata(one: RunFile) -> JobRunFileMetadata:
    """A file as it is listed."""
    return JobRunFileMetadata(
        file_id=one.guid, file_name=one.name, content_type=one.file.content_type, size_bytes=one.file.size,
        sha256=one.file.sha256, created_utc=rfc3339(one.at),
    )  # fmt: skip


def standing(record: JobRecord, execution: Execution, by: Caller | None, files: Iterable[RunFile]) -> Answer:
    """The answer that says how a run stands."""
    return answer(status_of(record, execution, by, files))


def status_of(
    record: JobRecord, execution: Execution, by: Caller | None, files: Iterable[RunFile]
) -> QueryJobRunStatusResponse:
    """How a run stands; `by`: who started it, None for a schedule or another job; `files`: what it left."""
    ended = execution.ended_at
    return QueryJobRunStatusResponse(
        job_id=foreign.guid_of(record, NAME),
        job_run_id=foreign.execution_guid(execution),
        finished=execution.status.terminal,
        success=words.succeeded(execution.status),
        status=words.text(execution),
        triggering_auth_server_user_id=None if by is None else by.guid.hex,
        triggering_auth_server_user_name=None if by is None else by.name[:LONGEST_NAME],
        created_utc=rfc3339(execution.created_at),
        finished_utc=None if ended is None else rfc3339(ended),
        output_files=tuple(metadata(one) for one in files) if words.succeeded(execution.status) else None,
    )


def job_shape(record: JobRecord, job: Job | None) -> JobShape:
    """A job with its parameters; `job` None: its definition cannot be read any more, so it cannot be started."""
    definition = record.definition
    template = (definition.get("dialects") or {}).get(NAME, {}).get("template")
    return JobShape(
        job_id=foreign.guid_of(record, NAME),
        name=definition.get("title") or record.name,
        description=definition.get("description") or None,
        template_name=template or record.name,
        enabled=record.enabled and job is not None,
        parameters=() if job is None else tuple(_parameter(parameter) for parameter in job.parameters),
    )


def _parameter(parameter: Parameter) -> JobRunParameter:
    return JobRunParameter(
        name=parameter.name,
        description=parameter.description or parameter.title or None,
        type=type_of(parameter),
        required=parameter.required,
        nullable=parameter.nullable,
        supports_auto_value=parameter.keep,
        default_value_string_encoded=default_of(parameter),
    )
