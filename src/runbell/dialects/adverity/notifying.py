"""The body of a fetch's callback.

https://docs.adverity.com/guides/management-api/fetching-data.html
"""

import msgspec
from msgspec import Struct

from runbell.dialects.adverity import extracts, moments
from runbell.dialects.adverity.options import Options
from runbell.dialects.adverity.shapes import ExtractShape
from runbell.dialects.adverity.wire import DIALECT, DOOR, Where
from runbell.dialects.adverity.words import state
from runbell.domain.delivery import Delivery
from runbell.domain.endpoint import ENDS
from runbell.domain.faults import NotFound
from runbell.http.site import Site
from runbell.operations.ports import Ports
from runbell.ports.notifier import CannotShape, Format
from runbell.ports.store import Ref


class CallbackShape(Struct, frozen=True, kw_only=True):
    """What is told after the end. The file is that of the first extract; null when the fetch handed over none."""

    job_id: int
    filename: str | None
    creation_date: str
    datastream_name: str
    stack_name: str
    file_size: int | None
    rows: int | None
    columns: int | None
    fetch_status: str
    files: list[ExtractShape]


def own_format(ports: Ports, options: Options, site: Site) -> Format:
    """The format, with the labels that the options choose.

    URLs begin as whoever asked for the callback saw this door, of any other execution with the server's public one.
    """
    public = (site.public_url or "").rstrip("/")

    async def shape(delivery: Delivery) -> bytes:
        told = delivery.told
        execution = await ports.store.execution(told.project, Ref(id=told.execution))
        if execution is None:
            raise CannotShape("The job was deleted before its end could be told.")
        try:
            record = await ports.catalogue.record(told.project, told.job)
        except NotFound:
            raise CannotShape("The datastream of the job is not there any more.") from None
        base = str((execution.about or {}).get(DOOR, public))
        [files] = await extracts.shown(ports, [execution], Where(base, f"{base}/console"))
        first = files[0] if files else None
        told_of_first = (None,) * 4 if first is None else (first.filename, first.file_size, first.rows, first.columns)
        filename, file_size, rows, columns = told_of_first
        return msgspec.json.encode(
            CallbackShape(
                job_id=execution.number,
                filename=filename,
                creation_date=moments.text(delivery.time),
                datastream_name=str(record.definition.get("title") or record.name),
                stack_name=told.project,
                file_size=file_size,
                rows=rows,
                columns=columns,
                fetch_status=state(execution, options).label,
                files=files,
            )
        )

    return Format(name=DIALECT, shape=shape, events=frozenset(ENDS))
