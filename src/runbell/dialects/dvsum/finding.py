"""The numbers in DvSum's paths: job ids and execution ids are two series that stand at the same place of a path."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from runbell.dialects.dvsum.faults import InvalidId, UnknownExecution, UnknownJob, asked_id
from runbell.domain.execution import Execution
from runbell.domain.fault import Fault
from runbell.domain.faults import Gone, NotFound
from runbell.http.query import refused
from runbell.http.request import Request
from runbell.operations import foreign
from runbell.ports.job_table import JobRecord
from runbell.ports.store import Ref

DIALECT: Final = "dvsum"
_BEYOND: Final = 1 << 53
"""Ids are whole numbers below this, so that no client rounds them."""


async def job(request: Request, scope: str) -> JobRecord:
    """The job that a request is about; from here on the caller uses the right `scope`.

    Raises InvalidId, UnknownJob, InsufficientScope: in this order.
    """
    number = whole(request, "job")
    with _absent_is(UnknownJob("There is no job of that number.")):
        record = await foreign.job_numbered(request.ports, DIALECT, number)
        request.actor = await foreign.visible_job(request.principal, request.actor, record)
    request.need(scope, record.name)
    return record


async def marked_job(request: Request) -> JobRecord:
    """The job of a request that nobody signed. Raises InvalidId; UnknownJob also for one that is not marked as open."""
    number = whole(request, "job")
    absent = UnknownJob("There is no job of that number.")
    with _absent_is(absent):
        record = await foreign.job_numbered(request.ports, DIALECT, number)
    if record.retired_at is not None or said(record, "runjob") != "open":
        raise absent
    return record


async def execution(request: Request, scope: str) -> Execution:
    """The execution that a request is about; from here on the caller uses the right `scope`.

    Raises InvalidId, UnknownExecution, InsufficientScope: in this order.
    """
    ref = Ref(number=whole(request, "execution"))
    with _absent_is(UnknownExecution("There is no execution of that number.")):
        request.actor, found = await foreign.visible_execution(request.ports, request.principal, request.actor, ref)
    request.need(scope, found.job)
    return found


def said(record: JobRecord, name: str) -> str | None:
    """What a job says to this door under that name (`dialects: {dvsum: …}`), None for nothing."""
    text: str | None = record.definition.get("dialects", {}).get(DIALECT, {}).get(name)
    return text


def whole(request: Request, what: str) -> int:
    """The number that stands in the path. Raises InvalidId."""
    if not request.values and "jobId" not in request.query:
        raise refused("jobId", "required", "Parameter 'jobId' is missing")
    text = asked_id(request)
    if not (text.isascii() and text.isdigit() and text.strip("0")):
        raise InvalidId(f"{text!r} is not {_article(what)} id; {_article(what)} id is a whole number")
    return min(int(text), _BEYOND)


def _article(what: str) -> str:
    return f"an {what}" if what == "execution" else f"a {what}"


@contextmanager
def _absent_is(absent: Fault) -> Iterator[None]:
    """Whatever is not there, or not for this caller, is told in one and the same way."""
    try:
        yield
    except (NotFound, Gone):
        raise absent from None
