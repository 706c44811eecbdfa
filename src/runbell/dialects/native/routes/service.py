"""The routes about the server itself."""

from typing import Any

from runbell.dialects.native import logs
from runbell.dialects.native.faults import ProblemPage
from runbell.dialects.native.service import CATALOG, LINKSET, Service
from runbell.dialects.native.shapes import Health, Version
from runbell.domain import faults as f
from runbell.http.route import JSON, Reply, Route


def of_service(service: Service, *, metrics_open: bool) -> list[Route]:
    policy: dict[str, Any] = {"open": True} if metrics_open else {"scope": "jobs:read"}
    return [
        Route(method="GET", path="/healthz", endpoint=service.healthz, name="healthz", open=True,
              summary="The process answers", replies={200: Reply("It does.", {JSON: Health})}),
        Route(method="GET", path="/readyz", endpoint=service.readyz, name="readyz", open=True,
              summary="Starts can be sent here", replies={200: Reply("They can.", {JSON: Health})}),
        Route(method="GET", path="/version", endpoint=service.version, name="version", open=True,
              summary="What runs here", replies={200: Reply("Name and version.", {JSON: Version})}),
        Route(method="GET", path="/metrics", endpoint=service.metrics, name="metrics", **policy,
              summary="Prometheus metrics", replies={200: Reply("Text.", {logs.TEXT: str})}),
        Route(method="GET", path="/openapi.json", endpoint=service.openapi, name="openapi", open=True,
              summary="This document", replies={200: Reply("OpenAPI 3.1.", {JSON: dict[str, Any]})}),
        Route(method="GET", path="/openapi/{document}", endpoint=service.dialect, name="openapi_dialect", open=True,
              summary="The document of a vendor's API that is answered here", faults=(f.NotFound,),
              replies={200: Reply("OpenAPI 3.1.", {JSON: dict[str, Any]})}),
        Route(method="GET", path=CATALOG, endpoint=service.catalog, name="api_catalog", open=True,
              summary="Where everything about this API is (RFC 9727)",
              replies={200: Reply("Links.", {LINKSET: dict[str, Any]}, ("Link",))}),
        Route(method="GET", path="/problems/{code}", endpoint=service.problem, name="problem", open=True,
              summary="What a problem means", faults=(f.NotFound,), replies={200: Reply("It.", {JSON: ProblemPage})}),
    ]  # fmt: skip
