"""The envelope around every answer: `status`, and `result` with what belongs to it.

https://docs-v4-1.infolinkcloud.com/docs/rest-api/manage-jobs/post-executejob
"""

from typing import Final, Literal
from urllib.parse import quote

import msgspec
from msgspec import UNSET, Struct, UnsetType

from runbell.dialects.infolink import words
from runbell.dialects.infolink.result_sets import ResultSet
from runbell.domain.execution import Execution
from runbell.domain.status import Status
from runbell.http.answer import Answer, Headers, header
from runbell.operations.tokens import Issued

JSON_TYPE: Final = header("content-type", "application/json; charset=utf-8")
NO_STORE: Final = header("cache-control", "no-store")


class Result(Struct, frozen=True, kw_only=True, rename="camel"):
    """What belongs to it: of a start `jobId`, of an end `results`, of a look `status`, of an error `message`."""

    status: str | UnsetType = UNSET
    job_id: str | UnsetType = UNSET
    message: str | UnsetType = UNSET
    results: list[ResultSet] | UnsetType = UNSET


class Envelope(Struct, frozen=True, kw_only=True):
    """Every answer."""

    status: Literal["success", "error"]
    result: Result


class TokenShape(Struct, frozen=True, kw_only=True):
    """A pair of tokens (https://docs-v3-8.infolinkcloud.com/docs/rest-api/authentication/oauth-20-auth)."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int


def succeeded(result: Result) -> Answer:
    """The answer to a call that did what it was asked."""
    return _envelope("success", result, 200, [])


def refused(message: str, status: int, headers: Headers) -> Answer:
    """The answer to a call that was refused."""
    return _envelope("error", Result(message=message), status, headers)


def _envelope(outer: Literal["success", "error"], result: Result, status: int, headers: Headers) -> Answer:
    body = msgspec.json.encode(Envelope(status=outer, result=result))
    return Answer(status, [JSON_TYPE, NO_STORE, *headers], body)


def belongs_to(job_id: str) -> tuple[bytes, bytes]:
    """The header that names the job of an answer; what no header can hold is percent-encoded."""
    return header("x-job-id", job_id if job_id.isascii() and job_id.strip() == job_id else quote(job_id))


def started(job_id: str) -> Answer:
    """The job was started, or had been by the same call before."""
    return succeeded(Result(job_id=job_id))


def outcome(execution: Execution, job_id: str, results: list[ResultSet]) -> Answer:
    """The end that a call waited for. A failed job is a failed call here."""
    if execution.status is Status.SUCCEEDED:
        return succeeded(Result(results=results))
    word, said = words.STATUSES[execution.status], words.message(execution) or ""
    return _envelope("error", Result(message=said, job_id=job_id, status=word, results=results), 200, [])


def still_running(execution: Execution, job_id: str) -> Answer:
    """The call waited as long as it may; the job goes on."""
    word = words.STATUSES[execution.status]
    return _envelope("error", Result(message=f"Job '{job_id}' is still running", job_id=job_id, status=word), 200, [])


def standing(execution: Execution, job_id: str, results: list[ResultSet] | UnsetType) -> Answer:
    """How a job stands. A failed job is no failed call here."""
    said = words.message(execution)
    status = words.STATUSES[execution.status]
    return succeeded(Result(status=status, job_id=job_id, message=UNSET if said is None else said, results=results))


def stopping(before: Status) -> Answer:
    """What came of a request to stop."""
    return succeeded(Result(status=words.STOPS[before]))


def token(issued: Issued) -> Answer:
    """The tokens, seen only this once."""
    shape = TokenShape(
        access_token=issued.access, refresh_token=issued.refresh or "", token_type="Bearer",  # noqa: S106 - its kind
        expires_in=issued.expires_in,
    )  # fmt: skip
    return Answer(200, [JSON_TYPE, NO_STORE, header("pragma", "no-cache")], msgspec.json.encode(shape))
