"""The files of a run: as a list with their content, as a ZIP, or as the bytes of one.

https://docs.powerepos.cloud/Document/DES/Overview
"""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Final

from msgspec import structs

from runbell.dialects.des import wire
from runbell.dialects.des.bodies import Run
from runbell.dialects.des.faults import LinkExpired, LinkInvalid, NoFile, NoRun, NotSuccessful, SeveralFiles
from runbell.dialects.des.places import NO_RUN, Found
from runbell.dialects.des.wire import NAME, GetRunFilesResponse, JobRunFile, RunFile
from runbell.dialects.des.zipping import zipped
from runbell.domain.execution import Execution
from runbell.domain.faults import Gone, NotFound
from runbell.domain.identity import Actor
from runbell.domain.status import Status
from runbell.domain.yielded import LeftFile
from runbell.http.answer import Answer, Stream, header
from runbell.http.attachments import attachment
from runbell.http.request import Request
from runbell.operations import check_download, foreign, give_download, look_data, read_data, take
from runbell.operations.check_download import DownloadRefused
from runbell.operations.ports import Ports

ZIP: Final = "application/zip"
RAW: Final = "application/octet-stream"
LINK_S: Final = 900
MOST_INLINE: Final = 8 << 20
MOST_INLINE_IN_ALL: Final = 32 << 20


async def run_files(ports: Ports, execution: Execution) -> list[RunFile]:
    """What a run left, under names of which no two are alike: a clash becomes `name (2).ext`."""
    left = await look_data.data_of(ports, execution)
    return named(left.files, execution)


def named(left: Iterable[LeftFile], execution: Execution) -> list[RunFile]:
    """The files under names of which no two are alike."""
    found: dict[str, RunFile] = {}
    for one in left:
        own, number = PurePosixPath(one.file.name), 1
        name = one.file.name
        while name in found:
            number += 1
            name = str(own.with_name(f"{own.stem} ({number}){own.suffix}"))
        found[name] = RunFile(name, one, execution.ended_at or execution.created_at)
    return list(found.values())


async def answer(request: Request, found: Found, wanted: Run) -> Answer | Stream:
    """The files that are wanted, in the form that is asked for.

    Raises NotSuccessful, NoFile, SeveralFiles, Gone.
    """
    execution = found.execution
    if execution.status is not Status.SUCCEEDED:
        raise NotSuccessful("The run has not finished with success, so it has no files.")
    files = _chosen(await run_files(request.ports, execution), wanted)
    accepted = (request.header(b"accept") or "").lower()
    if RAW in accepted:
        if len(files) != 1:
            raise SeveralFiles(f"The raw form is of exactly one file, here are {len(files)}; name one in fileNames.")
        return await _whole(request, request.actor, execution, files[0], RAW)
    if ZIP in accepted:
        pieces = [(one.name, await read_data.raw(request.ports, request.actor, execution, one.left)) for one in files]
        return Stream(200, attachment(f"{foreign.execution_guid(execution)}.zip", ZIP), zipped(pieces))
    job_id, run_id = foreign.guid_of(found.job, NAME), foreign.execution_guid(execution)
    shown = await _listed(request, execution, files)
    return wire.answer(GetRunFilesResponse(job_id=job_id, job_run_id=run_id, files=tuple(shown)))


async def download(request: Request) -> Stream:
    """GET /api/v1/runfiles/{jobRunId}/{fileId}: what its signature opens."""
    path, query = request.raw_path.decode("latin-1"), request.scope["query_string"].decode("latin-1")
    try:
        opened = await check_download.of_url(request.ports, request.method, path, query)
        execution = opened.execution
        files = await run_files(request.ports, execution)
    except DownloadRefused as refusal:
        raise (LinkExpired if refusal.why == "expired" else LinkInvalid)(refusal.detail) from None
    except (NotFound, Gone):
        raise NoRun(NO_RUN) from None
    for one in files:
        if one.file.file == opened.ticket.artifact:
            actor = take.with_link(opened.giver, execution, request.address, request.id)
            return await _whole(request, actor, execution, one, one.file.content_type)
    raise NoFile("The run has no such file any more.")


async def _whole(request: Request, actor: Actor, execution: Execution, one: RunFile, media: str) -> Stream:
    pieces = await read_data.raw(request.ports, actor, execution, one.left)
    length = header("content-length", str(one.file.size))
    return Stream(200, [*attachment(one.name, media), length], pieces)


def _chosen(files: list[RunFile], wanted: Run) -> list[RunFile]:
    """All, or those that are named by id or by name. Raises NoFile."""
    if wanted.ids is None and wanted.names is None:
        return files
    ids, names = {one.guid: one for one in files}, {one.name: one for one in files}
    chosen: dict[str, RunFile] = {}
    for known, said in ((ids, [*map(str, wanted.ids or ())]), (names, wanted.names or [])):
        for name in said:
            if name not in known:
                raise NoFile(f"The run has no file {name[:100]}.")
            chosen[known[name].guid] = known[name]
    return [one for one in files if one.guid in chosen]


async def _listed(request: Request, execution: Execution, files: Sequence[RunFile]) -> list[JobRunFile]:
    """Small files with their content, as long as all of it stays small; each with a URL that opens it for a while."""
    shown: list[JobRunFile] = []
    left = MOST_INLINE_IN_ALL
    for one in files:
        inline = None
        url = _url(request, execution, one)
        if one.file.size <= min(left, MOST_INLINE):
            left -= one.file.size
            content = await read_data.raw(request.ports, request.actor, execution, one.left)
            pieces = [piece async for piece in content]
            inline = b64encode(b"".join(pieces)).decode()
        else:
            await take.given(request.ports, request.actor, execution, one.left)
        shown.append(JobRunFile(**structs.asdict(wire.metadata(one)), content_base64=inline, download_url=url))
    return shown


def _url(request: Request, execution: Execution, one: RunFile) -> str:
    ticket = give_download.ticket(request.ports, execution, one.file.file, request.principal.subject, LINK_S)
    path = f"/api/v1/runfiles/{foreign.execution_guid(execution)}/{one.guid}"
    return request.base + give_download.signed_url(request.ports, path, ticket)
