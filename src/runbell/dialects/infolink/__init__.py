"""The door for clients of the InfoLink REST API, "Manage Jobs": what InfoLink calls a job is an execution here."""

from collections.abc import Mapping
from typing import Final

from runbell.dialects.infolink.call import credentials
from runbell.dialects.infolink.conversing import converse
from runbell.dialects.infolink.faults import statuses, write_fault
from runbell.dialects.infolink.options import Options
from runbell.dialects.infolink.places import NAME
from runbell.dialects.infolink.routes import routes
from runbell.dialects.infolink.wire import Envelope
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

PATHS: Final = Paths(under_v1=("executejob.jsp", "getjobstatus.jsp", "stopjob.jsp", "stop.jsp", "oauth2"))
_SECURITY: Final = {
    "key": {"type": "apiKey", "in": "query", "name": "apiKey", "description": "In a body: the member apiKey."},
    "bearer": {"type": "http", "scheme": "bearer", "description": "A token of /api/v1/oauth2/token, or a key."},
}


def door(ports: Ports, options: Mapping[str, str], site: Site) -> Opened:
    """Open the door. Raises ValueError for a setting that is not valid."""
    chosen = read_options(NAME, options, Options)
    real = chosen.http_status_on_error == "real"

    def refuse(fault: Fault, request: Request) -> Answer:
        return write_fault(fault, request, real=real)

    manners = Manners(surface=NAME, slash=True, lenient=True, credentials=credentials)
    app = Door(routes(chosen), ports, refuse, site=site, manners=manners)
    about = Description(
        title="InfoLink REST API, Manage Jobs", version="4.1", summary="Run scenarios, look at their jobs, stop them.",
        statuses=statuses(real=real), problem=Envelope, problem_media=JSON, values={}, security=_SECURITY, word_in=None,
    )  # fmt: skip
    described = document(app.routes, about)
    return Opened(
        app=app, paths=PATHS, routes=app.routes, document=described, hurry=app.patience.end, converse=converse
    )
