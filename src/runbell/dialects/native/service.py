"""Endpoints about the server itself: health, readiness, version, metrics, the document, what a problem means."""

from collections.abc import Mapping
from importlib.metadata import version as version_of
from typing import Final, Literal

import msgspec
from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from runbell.dialects.native.faults import problem_page
from runbell.domain.faults import NotFound, Unavailable
from runbell.http.answer import JSON_TYPE, Answer, header, json_answer
from runbell.http.door import Tally
from runbell.http.request import Request
from runbell.operations import health

VERSION: Final = version_of("runbell")
CATALOG: Final = "/.well-known/api-catalog"
LINKSET: Final = "application/linkset+json"
_PROFILE: Final = "https://www.rfc-editor.org/info/rfc9727"
_LINKS: Final = msgspec.json.encode(
    {
        "linkset": [
            {
                "anchor": "/api/v1",
                "service-desc": [{"href": "/openapi.json", "type": "application/json", "title": "OpenAPI 3.1"}],
                "status": [{"href": "/readyz", "type": "application/json"}],
                "service-meta": [{"href": "/version", "type": "application/json"}],
            }
        ]
    }
)


class Health(Struct, frozen=True):
    """The process answers."""

    status: Literal["ok", "ready"]


class Version(Struct, frozen=True):
    """What runs here."""

    name: str
    version: str
    api: str


class Service:
    """The endpoints; `tallies` are counted by the door, `document` is set once the routes are known."""

    def __init__(self, documents: Mapping[str, bytes]) -> None:
        self._documents = documents
        self.tallies: dict[tuple[str, int], Tally] = {}
        self.document = b""

    async def healthz(self, _: Request) -> Answer:
        """The process answers."""
        return json_answer(Health("ok"))

    async def readyz(self, request: Request) -> Answer:
        """Starts can be sent here."""
        reasons = await health.ready(request.ports)
        if reasons:
            raise Unavailable(" ".join(reasons))
        return json_answer(Health("ready"))

    async def version(self, _: Request) -> Answer:
        """What runs here."""
        return json_answer(Version("runbell", VERSION, "v1"))

    async def openapi(self, _: Request) -> Answer:
        """The document of this API."""
        return Answer(200, [JSON_TYPE], self.document)

    async def dialect(self, request: Request) -> Answer:
        """The document of a dialect's door."""
        name = request.values["document"].removesuffix(".json")
        found = self._documents.get(name) if request.values["document"].endswith(".json") else None
        if found is None:
            known = ", ".join(f"/openapi/{name}.json" for name in self._documents) or "none"
            raise NotFound(f"There is no document of that name; there are /openapi.json and {known}.")
        return Answer(200, [JSON_TYPE], found)

    async def catalog(self, _: Request) -> Answer:
        """Where everything about this API is (RFC 9727)."""
        link = header("link", f'<{CATALOG}>; rel="api-catalog"')
        return Answer(200, [header("content-type", f'{LINKSET}; profile="{_PROFILE}"'), link], _LINKS)

    async def problem(self, request: Request) -> Answer:
        """What a problem's code means."""
        page = problem_page(request.values["code"])
        if page is None:
            raise NotFound("There is no problem of that name; /openapi.json names them all.")
        return json_answer(page)

    async def metrics(self, request: Request) -> Answer:
        """Prometheus text: requests per route and status, executions per status, slots."""
        counts = await request.ports.store.counts()
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Once([*_requests(self.tallies), *_house(request, counts)]))
        return Answer(200, [header("content-type", CONTENT_TYPE_LATEST)], generate_latest(registry))


class _Once:
    """A collector of figures that were read just now."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        return self._metrics


def _requests(tallies: dict[tuple[str, int], Tally]) -> list[Metric]:
    requests = CounterMetricFamily("runbell_http_requests", "Requests answered.", labels=("route", "status"))
    seconds = CounterMetricFamily("runbell_http_seconds", "Time spent answering.", labels=("route", "status"))
    for (route, status), tally in tallies.items():
        requests.add_metric((route, str(status)), tally.count)
        seconds.add_metric((route, str(status)), tally.seconds)
    return [requests, seconds]


def _house(request: Request, counts: dict[str, int]) -> list[Metric]:
    executions = GaugeMetricFamily("runbell_executions", "Executions on the table.", labels=("status",))
    for status, count in counts.items():
        executions.add_metric((status,), count)
    stats = request.ports.engine.stats()
    figures = {
        "runbell_slots": ("Slots of the engine.", stats.slots),
        "runbell_slots_busy": ("Slots that run a step.", stats.busy),
        "runbell_executions_held": ("Executions that the engine holds.", stats.running),
        "runbell_draining": ("1 while the server goes down.", int(stats.draining)),
        "runbell_healthy": ("0 when a process could not be killed.", int(stats.healthy)),
    }
    return [executions, *(GaugeMetricFamily(name, said, value) for name, (said, value) in figures.items())]
