"""Endpoints for downloads without credentials: who may read gets a link or a key; whoever holds that may fetch."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from msgspec import UNSET

from runbell.dialects.native import data
from runbell.dialects.native.data_shapes import DownloadShape
from runbell.dialects.native.execution_wire import PREFIX, reference
from runbell.domain.download import DEFAULT_S, LONGEST_S, Ticket
from runbell.domain.execution import Execution
from runbell.domain.faults import Unauthenticated
from runbell.domain.yielded import LeftFile, LeftRows
from runbell.http import query
from runbell.http.answer import Answer, Stream, header, json_answer
from runbell.http.request import Request
from runbell.http.times import rfc3339
from runbell.operations import check_download, give_download, look_data, read_data, take
from runbell.operations.look_data import Left
from runbell.operations.read_data import FORMS, Form

ROOT: Final = "/api/v1/downloads/"
API_KEY: Final = b"x-api-key"
_PRIVATE: Final = (b"cache-control", b"no-store")


async def result(request: Request) -> Answer:
    """How to fetch a result set."""
    ref, name = reference(request.values["id"]), request.values["name"]
    return await _rows(request, *await look_data.result_set(request.ports, request.actor, ref, name))


async def exceptions(request: Request) -> Answer:
    """How to fetch a set of exception records."""
    ref, name = reference(request.values["id"]), request.values["set"]
    return await _rows(request, *await look_data.exception_set(request.ports, request.actor, ref, name))


async def artifact(request: Request) -> Answer:
    """How to fetch a file."""
    ref, name = reference(request.values["id"]), request.values["name"]
    execution, left = await look_data.file(request.ports, request.actor, ref, name)
    await read_data.check(request.ports, execution, left.file)
    seconds = _seconds(request)
    own = await read_data.signed_by_store(request.ports, execution, left.file, seconds)
    what = give_download.ticket(request.ports, execution, left.file.file, request.principal.subject, seconds)
    return await _answer(
        request, execution, left, what, data.file_name(left.file.name), left.file.content_type, own=own
    )


async def get(request: Request) -> Answer | Stream:
    """Fetch: the signature, or the key in x-api-key, is all the leave that is needed."""
    opened = await _admitted(request)
    what, execution = opened.ticket, opened.execution
    actor = take.with_link(opened.giver, execution, request.address, request.id)
    asked = request.query.get("artifact", "") if not what.artifact else what.artifact
    found = await check_download.artifact(request.ports, execution, asked)
    if isinstance(found, LeftFile):
        return await data.send_file(request, actor, execution, found)
    return await data.send_rows(request, actor, execution, found, _form(request))


async def _admitted(request: Request) -> check_download.Opened:
    if "signature" in request.query:
        path, asked = request.raw_path.decode("latin-1"), request.scope["query_string"].decode("latin-1")
        return await check_download.of_url(request.ports, request.method, path, asked)
    key = request.header(API_KEY)
    if key is None:
        raise Unauthenticated("Use the link as it came; one of the gateway form needs the x-api-key that came with it.")
    opened = await check_download.of_key(request.ports, key)
    if request.values["id"] != PREFIX + opened.execution.id:
        raise check_download.DownloadRefused("key", "The x-api-key is for the downloads of another execution.")
    return opened


async def _rows(request: Request, execution: Execution, left: LeftRows) -> Answer:
    await read_data.check(request.ports, execution, left.rows)
    form = _form(request)
    what = give_download.ticket(request.ports, execution, left.rows.file, request.principal.subject, _seconds(request))
    name = f"{data.file_name(left.name)}.{form}"
    return await _answer(request, execution, left, what, name, FORMS[form], {"format": form})


async def _answer(
    request: Request, execution: Execution, left: Left, what: Ticket, name: str, media: str,
    more: Mapping[str, str] | None = None, own: str | None = None,
) -> Answer:  # fmt: skip
    path = f"{ROOT}{PREFIX}{what.execution}/{quote(name, safe='')}"
    gateway = _gateway(request)
    form = "gateway" if gateway else "signed" if own is None else "signed by the store"
    until = rfc3339(what.expires_at * 1_000)
    await take.given(request.ports, request.actor, execution, left, form=form, expires_at=until, **(more or {}))
    signed = own or request.base + give_download.signed_url(request.ports, path, what, more)
    if query.flag(request.query, "redirect"):
        return Answer(303, [header("location", signed), _PRIVATE])
    keyed = f"{request.base}{path}?" + "&".join(f"{key}={text}" for key, text in _named(what, more).items())
    file = left.file if isinstance(left, LeftFile) else None
    shape = DownloadShape(
        download_url=keyed if gateway else signed, expires_at=until,
        size=file.size if file is not None else None, sha256=file.sha256 if file is not None else None,
        content_type=media,
        headers={"x-api-key": _key(request, what)} if gateway else UNSET,
    )  # fmt: skip
    return json_answer(shape, headers=[_PRIVATE])


def _named(what: Ticket, more: Mapping[str, str] | None) -> dict[str, str]:
    return {**(more or {}), "artifact": what.artifact}


def _key(request: Request, what: Ticket) -> str:
    everything = Ticket(what.project, what.execution, "", what.by, what.expires_at)
    return give_download.download_key(request.ports, everything)


def _seconds(request: Request) -> int:
    return query.whole(request.query, "expires_in", low=1, high=LONGEST_S) or DEFAULT_S


def _gateway(request: Request) -> bool:
    form = request.query.get("form", "signed")
    if form not in {"signed", "gateway"}:
        raise query.refused("form", "unknown_form", "form is signed (a link that needs nothing) or gateway (a key).")
    return form == "gateway"


def _form(request: Request) -> Form:
    form = request.query.get("format", "csv")
    for known in FORMS:
        if form == known:
            return known
    raise query.refused("format", "unknown_format", f"format is one of {', '.join(FORMS)}.")
