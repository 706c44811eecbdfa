"""The door for clients of the PowerEPOS Data Extraction Service: a run is an execution, an organisation a project."""

from collections.abc import Mapping
from typing import Final

from runbell.dialects.des import credentials
from runbell.dialects.des.conversing import converse
from runbell.dialects.des.faults import RULES, statuses, write_fault
from runbell.dialects.des.notifying import own_format
from runbell.dialects.des.options import Options
from runbell.dialects.des.routes import routes
from runbell.dialects.des.wire import NAME, ErrorResponse
from runbell.domain.fault import Fault
from runbell.http.answer import Answer
from runbell.http.door import Door
from runbell.http.manners import Manners
from runbell.http.mounting import Opened, Paths
from runbell.http.openapi import Description, document
from runbell.http.options import read_options
from runbell.http.request import Request
from runbell.http.route import JSON
from runbell.http.site import Site
from runbell.operations.ports import Ports

PATHS: Final = Paths(
    roots=("authorisation",), doubled=True,
    under_v1=("queryjobs", "startjob", "queryrunstatus", "queryjobrunstatus", "getrunfiles", "runfiles"),
)  # fmt: skip
_SECURITY: Final = {"bearer": {"type": "http", "scheme": "bearer", "description": "A token of /authorisation/token."}}


def door(ports: Ports, options: Mapping[str, str], site: Site) -> Opened:
    """Open the door. Raises ValueError for a setting that is not valid."""
    chosen = read_options(NAME, options, Options)

    def refuse(fault: Fault, request: Request) -> Answer:
        return write_fault(fault, request, strict=chosen.strict_http)

    reader = credentials.of_this_service if chosen.check_svc else credentials.of_any_service
    manners = Manners(surface=NAME, fold=True, slash=True, lenient=True, credentials=reader, spelled=_spelled)
    app = Door(routes(chosen), ports, refuse, site=site, manners=manners)
    about = Description(
        title="Data Extraction Service", version="1", summary="List jobs, start them, ask how their runs stand.",
        statuses=statuses(strict=chosen.strict_http), problem=ErrorResponse, problem_media=JSON,
        values={name: {"type": "string", "format": "uuid"} for name in ("run", "file")},
        security=_SECURITY, word_in=None, words={code: rule.word for code, rule in RULES.items()},
    )  # fmt: skip
    return Opened(
        app=app, paths=PATHS, routes=app.routes, document=document(app.routes, about), hurry=app.patience.end,
        converse=converse, format=own_format(ports),
    )  # fmt: skip


def _spelled(request: Request) -> tuple[str, bytes]:
    """A service base ends in a slash, and the paths begin with one: two of them are one."""
    path = request.scope.get("raw_path") or request.scope["path"].encode()
    return request.method, b"/" + path[2:] if path.startswith(b"//") else path
