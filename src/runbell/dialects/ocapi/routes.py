"""The routes of the Jobs resource, of the token calls and of the logs.

https://sfcclearning.com/infocenter/OCAPI/17.4/data/Resources/Jobs.php. The site (`/s/{site}`) is taken off before.
"""

from typing import Final

from runbell.dialects.ocapi import formats, logs, selecting, token_calls
from runbell.dialects.ocapi.executions import Executions, options
from runbell.dialects.ocapi.searching import Searching
from runbell.dialects.ocapi.shapes import (
    ExecutionDocument,
    ListDocument,
    MetaDocument,
    SearchBody,
    SearchDocument,
    StartBody,
    TokenDocument,
)
from runbell.domain import faults as f
from runbell.http.answer import Answer, Stream
from runbell.http.request import Request
from runbell.http.route import JSON, Endpoint, Header, Query, Reply, Route

LIST: Final = "/dw/data/{version}/jobs/{job}/executions"
ONE: Final = f"{LIST}/{{id}}"
SEARCH: Final = "/dw/data/{version}/job_execution_search"
WEBDAV: Final = "/on/demandware.servlet/webdav/Sites"
_TEXT: Final = {"type": "string"}
_NUMBER: Final = {"type": "integer"}
SELECT: Final = Query("select", _TEXT, "Which members are wanted, like (id,status).")
FORMAT: Final = Query("format", {"enum": ["json", "xml"]}, "The format of the answer, where the body does not say it.")
_RESTART: Final = Query("restart_execution_id", _TEXT, "Restart this execution, which has ended badly.")
_KEY: Final = Header("Idempotency-Key", "The same key and body twice is one execution.")
_STATE: Final = Header("x-dw-resource-state", "The `_resource_state` that was read; another one is refused.")
_METHOD: Final = Header("x-dw-http-method-override", "The method that a POST stands for.")
_EMPTY: Final = {204: Reply("Nothing more to say.")}
_COMMON: Final = (f.UnsupportedMediaType, f.MethodNotAllowed)
_STARTING: Final = (
    *_COMMON, f.AlreadyRunning, f.JobDisabled, f.InvalidDefinition, f.JobScheduled, f.JobPaused, f.NotRestartable,
    f.IdempotencyKeyRequired, f.IdempotencyKeyReused, f.IdempotencyInProgress, f.InvalidParams, f.UnknownField,
    f.StorageFull, f.QueueFull,
)  # fmt: skip


def routes(executions: Executions) -> list[Route]:
    """Every route of this door."""
    many = Searching(executions)
    return [*_of_jobs(executions), *_of_many(many), *_of_methods(executions, many), *_of_tokens(), *_of_logs()]


def _of_jobs(executions: Executions) -> list[Route]:
    one = {JSON: ExecutionDocument}
    return [
        Route(method="POST", path=LIST, endpoint=ready(executions.start), name="start", scope="executions:run",
              late=True, query=(SELECT, FORMAT, _RESTART), headers=(_KEY, _METHOD), body=StartBody,
              body_media=formats.XML_MEDIA, summary="Start a job", faults=_STARTING,
              replies={200: Reply("Started, or restarted.", one), 202: Reply("A system job was started.", one)}),
        Route(method="GET", path=ONE, endpoint=ready(executions.get), name="get", scope="executions:read", late=True,
              query=(SELECT, FORMAT), summary="One execution with its steps", faults=(*_COMMON, f.Gone),
              replies={200: Reply("As it is.", one)}),
        Route(method="DELETE", path=ONE, endpoint=ready(executions.delete), name="delete", scope="executions:delete",
              late=True, headers=(_STATE,), summary="Delete what has ended", replies=_EMPTY,
              faults=(*_COMMON, f.Gone, f.NotFinished, f.RevisionMismatch)),
    ]  # fmt: skip


def _of_many(many: Searching) -> list[Route]:
    paging = (Query("start", _NUMBER, "Where the page begins, from 0 on."), Query("count", _NUMBER, "1 to 200."))
    return [
        Route(method="GET", path=LIST, endpoint=ready(many.page), name="list", scope="executions:read", late=True,
              query=(*paging, SELECT, FORMAT), summary="The executions of a job", faults=_COMMON,
              replies={200: Reply("A page of them.", {JSON: ListDocument})}),
        Route(method="POST", path=SEARCH, endpoint=ready(many.search), name="search", scope="executions:read",
              late=True, query=(SELECT, FORMAT), headers=(_METHOD,), body=SearchBody, body_media=formats.XML_MEDIA,
              summary="Search executions", faults=_COMMON,
              replies={200: Reply("A page of what was found.", {JSON: SearchDocument})}),
    ]  # fmt: skip


def _of_methods(executions: Executions, many: Searching) -> list[Route]:
    return [
        Route(method="HEAD", path=LIST, endpoint=ready(many.head), name="head_list", scope="executions:read",
              late=True, summary="Whether a job is there", replies=_EMPTY, faults=_COMMON),
        Route(method="OPTIONS", path=SEARCH, endpoint=options("OPTIONS, POST"), name="options_search", open=True,
              summary="Which methods there are", replies=_EMPTY),
        Route(method="HEAD", path=ONE, endpoint=ready(executions.head), name="head", scope="executions:read",
              late=True, summary="Whether an execution is there", replies=_EMPTY, faults=(*_COMMON, f.Gone)),
        Route(method="OPTIONS", path=ONE, endpoint=options("DELETE, GET, HEAD, OPTIONS"), name="options", open=True,
              summary="Which methods there are", replies=_EMPTY),
        Route(method="OPTIONS", path=LIST, endpoint=options("GET, HEAD, OPTIONS, POST"), name="options_list", open=True,
              summary="Which methods there are", replies=_EMPTY),
    ]  # fmt: skip


def _of_tokens() -> list[Route]:
    return [
        Route(method="POST", path=f"/{where}/oauth2/access_token", endpoint=token_calls.token, name=f"token_{where}",
              open=True, query=(Query("client_id", _TEXT, "The client, for a person's own token."),),
              summary="Give a token", replies={200: Reply("The token.", {JSON: TokenDocument})},
              refusals=token_calls.REFUSALS)
        for where in ("dwsso", "dw")
    ]  # fmt: skip


def _of_logs() -> list[Route]:
    plain = {200: Reply("The log so far.", {"text/plain": str}), 206: Reply("A part of it.", {"text/plain": str})}
    faults = (f.BadRange, f.Gone, f.MethodNotAllowed)
    return [
        Route(method="GET", path=f"{WEBDAV}/Impex/log/{{file}}", endpoint=logs.log, name="log", scope="logs:read",
              late=True, summary="The log of an execution", replies=plain, faults=faults),
        Route(method="GET", path=f"{WEBDAV}/LOGS/jobs/{{job}}/{{file}}", endpoint=logs.log, name="job_log",
              scope="logs:read", late=True, summary="The log of an execution", replies=plain, faults=faults),
        Route(method="GET", path="/dw/meta/v1/rest", endpoint=logs.meta, name="meta", open=True,
              summary="Whether there is an API here", replies={200: Reply("There is.", {JSON: MetaDocument})}),
    ]  # fmt: skip


def ready(endpoint: Endpoint) -> Endpoint:
    """The endpoint behind a check that its answer can be written: of the format and of `select`."""

    async def checked(request: Request) -> Answer | Stream:
        formats.check(request)
        selecting.asked(request.query.get("select"))
        return await endpoint(request)

    return checked
