"""The OCAPI door: the Jobs resource of the Open Commerce API's Data API, its token calls, and the logs."""

from collections.abc import Mapping
from typing import Any, Final

from runbell.dialects.ocapi import formats, spelling
from runbell.dialects.ocapi.conversing import converse
from runbell.dialects.ocapi.executions import Executions
from runbell.dialects.ocapi.faults import RULES, fault_writer
from runbell.dialects.ocapi.options import Options
from runbell.dialects.ocapi.routes import WEBDAV, routes
from runbell.dialects.ocapi.shapes import FaultDocument
from runbell.http.door import Door
from runbell.http.manners import Manners
from runbell.http.mounting import Opened, Paths
from runbell.http.openapi import Description, document
from runbell.http.options import read_options
from runbell.http.route import JSON
from runbell.http.site import Site
from runbell.operations.ports import Ports

NAME: Final = "ocapi"
PATHS: Final = Paths(roots=("dw", "dwsso", "s", "on"))
_ABOUT: Final = Description(
    title="runbell as OCAPI Data API: jobs",
    version="17.4",
    summary="The Jobs resource of the Open Commerce API, any version of the Data API.",
    statuses={code: rule.status for code, rule in RULES.items()},
    problem=FaultDocument,
    problem_media=JSON,
    word_in=None,
    words={code: rule.type for code, rule in RULES.items()},
    values={
        "version": {"type": "string", "pattern": "^[vV][0-9]{1,3}_[0-9]{1,3}$"},
        "job": {"type": "string", "minLength": 1, "maxLength": 256},
        "id": {"type": "string"},
        "file": {"type": "string"},
    },
    security={"bearer": {"type": "http", "scheme": "bearer", "description": "An access token or an API key."}},
)


def door(ports: Ports, options: Mapping[str, str], site: Site) -> Opened:
    """Open the door. Raises ValueError for an option that is not valid."""
    chosen = read_options(NAME, options, Options)
    table = routes(Executions(chosen))
    manners = Manners(
        surface=NAME, fold=True, slash=True, lenient=True, credentials=spelling.credentials, spelled=spelling.spelled,
        closed=spelling.closed,
    )  # fmt: skip
    app = Door(table, ports, fault_writer(chosen.job_execution_exception_status), site=site, manners=manners)
    described = _described(document(table, _ABOUT))
    return Opened(
        app=app, paths=PATHS, routes=app.routes, document=described, hurry=app.patience.end, converse=converse
    )


def _described(said: dict[str, Any]) -> dict[str, Any]:
    """The document with XML beside JSON, wherever the Data API answers, and plain text for a log that is not there."""
    text = {"schema": {"type": "string"}}
    for path, operations in said["paths"].items():
        for operation in operations.values():
            for status, reply in operation["responses"].items():
                if JSON in reply.get("content", {}) and path.startswith("/dw/data/"):
                    reply["content"][formats.XML_MEDIA] = text
                if status == "404" and path.startswith(WEBDAV):
                    reply["content"]["text/plain"] = text
    return said
