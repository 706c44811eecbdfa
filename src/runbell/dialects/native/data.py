"""Endpoints for what steps left: result sets, exception records and files; lists, pages and exports."""

from functools import partial
from typing import Any, Final

from runbell.dialects.native import data_wire
from runbell.dialects.native.data_shapes import ExceptionsPage, RowsPage
from runbell.dialects.native.execution_wire import reference
from runbell.domain.did_you_mean import did_you_mean
from runbell.domain.execution import Execution
from runbell.domain.identity import Actor
from runbell.domain.yielded import LeftFile, LeftRows
from runbell.http import files, query
from runbell.http.answer import Answer, Headers, Stream, header, json_answer
from runbell.http.cursor import Cursors
from runbell.http.request import Request
from runbell.operations import look_data, read_data
from runbell.operations.read_data import FORMS, Form
from runbell.rows.export import names_of
from runbell.rows.read import Filter, RowPage, Spot, Wanted

PAGE: Final = "application/json"
FORM_OF: Final[dict[str, Form]] = {media.partition(";")[0]: form for form, media in FORMS.items()}
FILTER: Final = "filter."
SAFE: Final[Headers] = [
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"sandbox"),
    (b"cache-control", b"no-store"),
]
_OF_PAGES: Final = frozenset({"limit", "cursor", "page_size", "page_token"})


async def results(request: Request) -> Answer:
    """The result sets."""
    return json_answer(data_wire.results(*await _looked(request)))


async def exceptions(request: Request) -> Answer:
    """The sets of exception records, with counts."""
    return json_answer(data_wire.exceptions(*await _looked(request)))


async def artifacts(request: Request) -> Answer:
    """The files."""
    return json_answer(data_wire.artifacts(*await _looked(request)))


async def artifact(request: Request) -> Stream:
    """A file itself, or one range of it."""
    ref, name = reference(request.values["id"]), request.values["name"]
    return await send_file(request, request.actor, *await look_data.file(request.ports, request.actor, ref, name))


class Rows:
    """The endpoints of rows, whose cursors are signed."""

    def __init__(self, cursors: Cursors) -> None:
        self._cursors = cursors

    async def result(self, request: Request) -> Answer | Stream:
        """Rows of a result set: a page, or all of them exported."""
        media = request.accepts(PAGE, *FORM_OF)
        ref, name = reference(request.values["id"]), request.values["name"]
        execution, found = await look_data.result_set(request.ports, request.actor, ref, name)
        if media != PAGE:
            return await send_rows(request, request.actor, execution, found, FORM_OF[media])
        page, cursor = await self._page(request, execution, found)
        shape = RowsPage(
            schema=data_wire.columns(found.rows), items=data_wire.row_objects(found.rows, page), next_cursor=cursor,
            has_more=cursor is not None, row_count=found.rows.rows,
        )  # fmt: skip
        return json_answer(shape, headers=request.next_page(cursor))

    async def exceptions(self, request: Request) -> Answer | Stream:
        """Exception records of a set: a page, or all of them exported."""
        media = request.accepts(PAGE, *FORM_OF)
        ref, name = reference(request.values["id"]), request.values["set"]
        execution, found = await look_data.exception_set(request.ports, request.actor, ref, name)
        if media != PAGE:
            return await send_rows(request, request.actor, execution, found, FORM_OF[media])
        page, cursor = await self._page(request, execution, found)
        shape = ExceptionsPage(
            schema=data_wire.columns(found.rows), items=data_wire.exception_objects(found.rows, page),
            next_cursor=cursor, has_more=cursor is not None, row_count=found.rows.rows,
        )  # fmt: skip
        return json_answer(shape, headers=request.next_page(cursor))

    async def _page(self, request: Request, execution: Execution, left: LeftRows) -> tuple[RowPage, str | None]:
        asked = {name: text for name, text in request.query.items() if name not in _OF_PAGES}
        signed = {**asked, "rows": left.rows.file}
        wanted = Wanted(
            total=left.rows.rows,
            limit=request.limit(),
            after_row=query.whole(request.query, "after_row") or 0,
            spot=await self._cursors.read(request.cursor(), signed, Spot),
            filters=_filters(request.query, left),
        )
        page = await read_data.page(request.ports, request.actor, execution, left, wanted)
        return page, None if page.spot is None else await self._cursors.write(page.spot, signed)


async def send_rows(request: Request, actor: Actor, execution: Execution, left: LeftRows, form: Form) -> Stream:
    """All rows of a set as a file of that form."""
    pieces = await read_data.export(request.ports, actor, execution, left, form)
    name = files.attachment(f"{file_name(left.name)}.{form}")
    return Stream(200, [header("content-type", FORMS[form]), *SAFE, name], pieces)


async def send_file(request: Request, actor: Actor, execution: Execution, left: LeftFile) -> Stream:
    """A file, or the range of it that the request wants."""
    await read_data.check(request.ports, execution, left.file)
    headers = [header("content-type", left.file.content_type), *SAFE, files.attachment(file_name(left.file.name))]
    opened = partial(read_data.part, request.ports, actor, execution, left)
    return files.part_of(left.file.size, opened, request, headers, f'"{left.file.sha256}"')


def file_name(name: str) -> str:
    """What a downloaded file is called: the last part of its name."""
    return name.rpartition("/")[2].replace(":", "_") or "download"


async def _looked(request: Request) -> tuple[Execution, Any]:
    return await look_data.data(request.ports, request.actor, reference(request.values["id"]))


def _filters(asked: dict[str, str], left: LeftRows) -> tuple[Filter, ...]:
    """The filters in the query. Raises InvalidField for a column that the rows have not."""
    names = names_of(left.rows)
    ahead = len(names) - len(left.rows.columns)
    known = {name: place for place, name in enumerate(names[ahead:], ahead)}
    found = []
    for name, text in asked.items():
        if name == "reason":
            found.append(Filter(0, text))
        elif name.startswith(FILTER):
            column = name.removeprefix(FILTER)
            if column not in known:
                hint = did_you_mean(column, known)
                raise query.refused(name, "unknown_column", f"{left.name} has no column {column[:100]}{hint}.")
            found.append(Filter(known[column], text))
    return tuple(found)
