"""The Adverity door: the jobs of the vendor's Management API."""

from collections.abc import Mapping
from typing import Final

from runbell.dialects.adverity import keys
from runbell.dialects.adverity.bodies import PARSED
from runbell.dialects.adverity.conversing import converse
from runbell.dialects.adverity.faults import RULES, Refusal, write_fault
from runbell.dialects.adverity.notifying import own_format
from runbell.dialects.adverity.options import Options
from runbell.dialects.adverity.routes import routes
from runbell.http.answer import Answer, json_answer
from runbell.http.door import Door
from runbell.http.manners import Manners
from runbell.http.mounting import Opened, Paths
from runbell.http.openapi import Description, document
from runbell.http.options import read_options
from runbell.http.request import Request
from runbell.http.route import JSON
from runbell.http.site import Site
from runbell.operations.ports import Ports

NAME: Final = "adverity"
PATHS: Final = Paths(under_api=True)
_ABOUT: Final = Description(
    title="Adverity Management API, jobs",
    version="2026.33",
    summary="The jobs of runbell as the Adverity Management API shows them.",
    statuses={code: rule.status for code, rule in RULES.items()},
    problem=Refusal,
    problem_media=JSON,
    word_in=None,
    values={name: {"type": "integer", "minimum": 1} for name in ("job", "datastream", "stack", "extract")},
    security={
        "token": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Token KEY`."},
        "bearer": {"type": "http", "scheme": "bearer", "description": "A key."},
    },
)


def door(ports: Ports, given: Mapping[str, str], site: Site) -> Opened:
    """Open the door. Raises ValueError for an option that there is not."""
    options = read_options(NAME, given, Options)
    table = routes(options)
    manners = Manners(
        surface=NAME, slash=True, lenient=True, credentials=keys.reader(ports.vault, options), options=_options
    )
    app = Door(table, ports, write_fault, site=site, manners=manners)
    return Opened(
        app=app, paths=PATHS, routes=app.routes, document=document(table, _ABOUT), hurry=app.patience.end,
        converse=converse, format=own_format(ports, options, site),
    )  # fmt: skip


def _options(request: Request, answer: Answer) -> Answer:
    """What Django REST framework answers to OPTIONS, as far as clients look at it."""
    name = request.scope["path"].strip("/").rpartition("/")[2].replace("_", " ").title()
    body = {"name": name, "renders": [JSON], "parses": list(PARSED)}
    return json_answer(body, headers=answer.headers)
