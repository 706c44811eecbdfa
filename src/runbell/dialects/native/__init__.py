"""The native door: the API that runbell itself speaks, under /api/v1, and what stands beside it at the root."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec
from msgspec import Struct
from starlette.types import ASGIApp

from runbell.dialects.native.audit import Audit
from runbell.dialects.native.bodies import Bodies
from runbell.dialects.native.bulk import Bulks
from runbell.dialects.native.collections import Collections
from runbell.dialects.native.conversing import converse
from runbell.dialects.native.data import Rows
from runbell.dialects.native.executions import Executions
from runbell.dialects.native.faults import PROBLEM, RULES, ProblemDetails, write_fault
from runbell.dialects.native.files import Files
from runbell.dialects.native.jobs import Jobs
from runbell.dialects.native.notification import own_format
from runbell.dialects.native.routes import routes
from runbell.dialects.native.routes.identity import of_identity
from runbell.dialects.native.secrets import Secrets
from runbell.dialects.native.service import VERSION, Service
from runbell.dialects.native.urls import Urls
from runbell.dialects.native.webhooks import Webhooks
from runbell.domain.fault import Fault
from runbell.http.answer import Answer
from runbell.http.conversation import Converse
from runbell.http.cursor import Cursors
from runbell.http.door import Door
from runbell.http.openapi import Description, document
from runbell.http.route import Route
from runbell.http.site import Site
from runbell.http.terms import Terms
from runbell.operations.ports import Ports
from runbell.ports.notifier import Format

_ABOUT: Final = Description(
    title="runbell",
    version=VERSION,
    summary="A self-hosted job server: define a job, ring it, watch it, stop it, restart it.",
    statuses={code: rule.status for code, rule in RULES.items()},
    problem=ProblemDetails,
    problem_media=PROBLEM,
    values={
        "id": {"type": "string", "description": "The id (run_…), the number, or key: and the caller's key."},
        "job": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$"},
        "name": {"type": "string"},
        "set": {"type": "string"},
        "n": {"type": "integer", "minimum": 1},
        "webhook": {"type": "string", "description": "Its name, or its id (wh_…)."},
        "delivery": {"type": "string", "description": "The id of a delivery (msg_…), its webhook-id."},
        "bulk": {"type": "string", "description": "The id of a bulk (bulk_…)."},
        "code": {"type": "string"},
        "collection": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,254}\\.json$"},
        "document": {"type": "string", "pattern": "^[a-z]+\\.json$"},
        **{name: {"type": "string"} for name in ("project", "user", "client", "secret", "key", "session")},
    },
    security={
        "bearer": {"type": "http", "scheme": "bearer", "description": "An access token or an API key."},
        "basic": {"type": "http", "scheme": "basic", "description": "An API key as the user."},
        "header": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    },
)


class NativeDoor(Struct, frozen=True):
    """What a server needs of this door. `refuse` words what never reached it; `hurry` ends all long waits; `format` is
    its form of the bodies of webhooks."""

    app: ASGIApp
    refuse: Callable[[Fault, str, bytes], Answer]
    hurry: Callable[[], None]
    routes: tuple[Route, ...]
    format: Format


def door(
    ports: Ports,
    *,
    metrics_open: bool = False,
    postman_open: bool = False,
    site: Site = Site(),  # noqa: B008 - frozen
    terms: Terms | None = None,
    documents: Mapping[str, bytes] = {},
    doors: Iterable[Converse] = (),
    file_bytes: int = 1 << 30,
) -> NativeDoor:
    """Build the door. Of the dialects beside it: `documents` by name, and how their clients talk about a job. A file
    that is handed in may have `file_bytes`."""
    cursors = Cursors(ports.store)
    service = Service(documents)
    talks = (converse, *doors)
    table = routes(
        Executions(Bodies(ports), cursors),
        Jobs(cursors),
        Audit(cursors),
        Secrets(cursors),
        Rows(cursors),
        Files(file_bytes),
        Webhooks(cursors),
        Bulks(cursors),
        service,
        Collections(talks),
        Urls(talks),
        metrics_open=metrics_open,
        postman_open=postman_open,
    )
    table += of_identity(cursors)
    app = Door(table, ports, write_fault, site=site, terms=terms, described="/openapi.json")
    service.tallies = app.tallies
    service.document = msgspec.json.encode(document(table, _ABOUT))
    return NativeDoor(app, app.refuse, app.patience.end, app.routes, own_format(site))
