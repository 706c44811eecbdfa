"""The DvSum door: jobs are executed and looked at as in DvSum's job execution API (README.md says what is served)."""

from collections.abc import Mapping
from typing import Final

from runbell.dialects.dvsum.conversing import converse
from runbell.dialects.dvsum.credentials import credentials
from runbell.dialects.dvsum.faults import RULES, ErrorReply, write_fault
from runbell.dialects.dvsum.options import Options
from runbell.dialects.dvsum.routes import routes
from runbell.http.door import Door
from runbell.http.manners import Manners
from runbell.http.mounting import Opened, Paths
from runbell.http.openapi import Description, document
from runbell.http.options import read_options
from runbell.http.route import JSON
from runbell.http.site import Site
from runbell.operations.ports import Ports

PATHS: Final = Paths(roots=("integration", "oauth2", "runjob"))
_ABOUT: Final = Description(
    title="runbell, the DvSum door",
    version="1",
    summary="Execute jobs and look at their executions as with DvSum's job execution API.",
    statuses={code: rule.status for code, rule in RULES.items()},
    problem=ErrorReply,
    problem_media=JSON,
    words={code: rule.code for code, rule in RULES.items()},
    values={
        "id": {
            "type": "integer", "minimum": 1,
            "description": "To execute: the number of a job. For anything else: that of an execution.",
        },
    },
    security={
        "bearer": {"type": "http", "scheme": "bearer", "description": "An access token of /oauth2/token, or a key."},
        "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    },
)  # fmt: skip


def door(ports: Ports, options: Mapping[str, str], site: Site) -> Opened:
    """Open it. Raises ValueError for an option that is unknown or unfit."""
    table = routes(read_options("dvsum", options, Options))
    manners = Manners(surface="dvsum", fold=True, slash=True, lenient=True, credentials=credentials)
    app = Door(table, ports, write_fault, site=site, manners=manners)
    return Opened(
        app=app, paths=PATHS, routes=app.routes, document=document(table, _ABOUT), hurry=app.patience.end,
        converse=converse,
    )  # fmt: skip
