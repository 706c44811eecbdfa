"""The files of a run: as a list, as a ZIP, or as the bytes of one. No run leaves files yet, so the list is empty.

https://docs.powerepos.cloud/Document/DES/Overview
"""

import io
import zipfile
from typing import Final

from runbell.dialects.des import wire
from runbell.dialects.des.bodies import Run
from runbell.dialects.des.faults import NoFile, NotSuccessful, SeveralFiles
from runbell.dialects.des.places import Found
from runbell.dialects.des.wire import NAME, GetRunFilesResponse
from runbell.domain.status import Status
from runbell.http.answer import Answer, header
from runbell.http.request import Request
from runbell.operations import foreign

ZIP: Final = "application/zip"
RAW: Final = "application/octet-stream"


def answer(request: Request, found: Found, wanted: Run) -> Answer:
    """The files that are wanted, in the form that is asked for. Raises NotSuccessful, NoFile, SeveralFiles."""
    execution = found.execution
    if execution.status is not Status.SUCCEEDED:
        raise NotSuccessful("The run has not finished with success, so it has no files.")
    for name in (*(wanted.ids or ()), *(wanted.names or ())):
        raise NoFile(f"The run has no file {str(name)[:100]}.")
    accepted = (request.header(b"accept") or "").lower()
    if RAW in accepted:
        raise SeveralFiles("The raw form is of exactly one file; the run has none. Leave the header Accept out.")
    if ZIP in accepted:
        return Answer(200, [header("content-type", ZIP)], _empty_zip())
    job_id, run_id = foreign.guid_of(found.job, NAME), foreign.execution_guid(execution)
    return wire.answer(GetRunFilesResponse(job_id=job_id, job_run_id=run_id, files=()))


def _empty_zip() -> bytes:
    held = io.BytesIO()
    zipfile.ZipFile(held, "w").close()
    return held.getvalue()
