"""The OpenAPI document and the routes are the same set, and the service says what it is."""

from pathlib import Path

import pytest
from openapi_spec_validator import validate

from runbell.dialects.native.faults import RULES
from runbell.http.openapi import faults_of

from .visit import a_visit

pytestmark = pytest.mark.anyio


async def test_the_document_is_valid_and_holds_every_route_and_nothing_else(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        document = visit.call.documented.document
        validate(document)
        written = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
        assert written == {(route.method, route.path) for route in visit.door.routes}
        names = [route.name for route in visit.door.routes]
        assert len(set(names)) == len(names)
        for route in visit.door.routes:
            operation = document["paths"][route.path][route.method.lower()]
            assert bool(operation["security"]) != route.open
            if route.refusals is not None:
                assert {str(status) for status in route.refusals.statuses} <= set(operation["responses"])
                continue
            codes = {code for reply in operation["responses"].values() for code in _codes(reply)}
            assert codes == {fault.code for fault in faults_of(route)}, route.name
            assert {str(RULES[code].status) for code in codes} <= set(operation["responses"])


async def test_the_service_says_how_it_is(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        stranger = visit.anonymous()
        assert (await stranger.get("/healthz")).json == {"status": "ok"}
        assert (await stranger.get("/readyz")).json == {"status": "ready"}
        assert (await stranger.get("/version")).json["name"] == "runbell"
        page = await stranger.get("/problems/key_taken")
        assert (page.json["status"], page.json["resubmit"]) == (409, "never")
        await visit.house.engine.drain(0)
        down = await stranger.get("/readyz")
        assert (down.status, down.code, down.headers["retry-after"]) == (503, "unavailable", "1")


async def test_the_metrics_count_requests_and_executions(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        await visit.started()
        await visit.call.get("/api/v1/executions/99")
        text = (await visit.call.get("/metrics")).body.decode()
        assert 'runbell_http_requests_total{route="start",status="202"} 1.0' in text
        assert 'runbell_http_requests_total{route="get_execution",status="404"} 1.0' in text
        assert 'runbell_executions{status="queued"} 1.0' in text
        assert "runbell_slots 4.0" in text


def _codes(reply: dict[str, dict[str, dict[str, dict[str, dict[str, dict[str, list[str]]]]]]]) -> list[str]:
    """The problem codes of a documented answer."""
    content = reply.get("content", {}).get("application/problem+json")
    return content["schema"]["properties"]["code"]["enum"] if content else []
