"""The routes about the server itself."""

from typing import Any

from runbell.dialects.native import logs
from runbell.dialects.native.collections import Collections
from runbell.dialects.native.faults import ProblemPage
from runbell.dialects.native.routes.said import PROJECT, TEXT
from runbell.dialects.native.service import CATALOG, LINKSET, Health, Service, Version
from runbell.domain import faults as f
from runbell.http.route import JSON, Query, Reply, Route


def of_service(service: Service, *, metrics_open: bool) -> list[Route]:
    """Health, metrics, the documents."""
    policy = opened(metrics_open)
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


def of_collections(collections: Collections, *, postman_open: bool) -> list[Route]:
    """The collections for Postman, with which all jobs can be called."""
    policy = opened(postman_open)
    after = Query("after", TEXT, "Jobs after this name: where the collection before said that there are more.")
    made = {200: Reply("A collection of the format v2.1.", {JSON: dict[str, Any]})}
    return [
        Route(method="GET", path="/postman.json", endpoint=collections.every, name="postman", query=(PROJECT, after),
              summary="A Postman collection of all jobs", replies=made, **policy),
        Route(method="GET", path="/postman/{collection}", endpoint=collections.one, name="postman_job",
              query=(PROJECT,), summary="A Postman collection of one job", faults=(f.NotFound,), replies=made,
              **policy),
    ]  # fmt: skip


def opened(to_all: bool) -> dict[str, Any]:
    """Who may use a route: everybody, when the server's owner says so, else who may read jobs."""
    return {"open": True} if to_all else {"scope": "jobs:read"}
