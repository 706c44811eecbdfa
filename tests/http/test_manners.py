"""A door with the manners of a vendor: where its credentials stand, and when a right is asked for."""

from pathlib import Path
from typing import Any

import pytest

from runbell.domain.fault import Fault
from runbell.domain.faults import NotFound, Unauthenticated
from runbell.http.answer import Answer, json_answer
from runbell.http.door import Door, PolicyMissing
from runbell.http.manners import Manners
from runbell.http.request import Request
from runbell.http.route import Route
from runbell.operations import foreign
from runbell.operations.identify import make_key
from tests.house_of_cards import a_house

from .calling import Caller

pytestmark = pytest.mark.anyio


def words(fault: Fault, request: Request) -> Answer:
    return json_answer({"no": fault.code}, 418)


async def key_in_the_query(request: Request) -> tuple[str, bool]:
    if "apiKey" not in request.query:
        raise Unauthenticated("Send apiKey.")
    return request.query["apiKey"], False


async def start(request: Request) -> Answer:
    """Not there, not allowed, done: in this order."""
    record = await request.ports.store.job("default", request.values["job"])
    if record is None:
        raise NotFound("No.")
    request.actor = await foreign.visible_job(request.principal, request.actor, record)
    request.need("executions:run", record.name)
    return json_answer({"jobs": sorted(request.actor.jobs or ())})


def a_route(**members: Any) -> Route:
    plain = {"path": "/Run/{job}", "scope": "executions:run", "late": True}
    return Route(method="GET", endpoint=start, name="run", summary="", replies={}, **(plain | members))


async def test_a_late_route_tells_what_is_not_there_from_what_is_not_allowed(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("load", "a")
        await house.define("other", "a")
        manners = Manners(surface="x", fold=True, slash=True, lenient=True, credentials=key_in_the_query)
        call = Caller(Door([a_route()], house.ports, words, manners=manners))

        async def said(path: str, *scopes: str) -> Any:
            key = await make_key(house.ports.store, house.clock, f"k{scopes}", scopes=scopes)
            reply = await call.get(f"{path}?apiKey={key}&unknown=1&unknown=2")
            return reply.status, reply.json

        assert await said("/run/load/", "executions:run") == (200, {"jobs": []})
        assert await said("/run/load", "executions:run:load", "jobs:read:load") == (200, {"jobs": ["load"]})
        assert await said("/run/other", "executions:run:load") == (418, {"no": "not_found"})
        assert await said("/run/other", "executions:run:load", "jobs:read") == (418, {"no": "insufficient_scope"})
        assert await said("/run/load", "jobs:read") == (418, {"no": "insufficient_scope"})
        assert await said("/run/nothing", "jobs:read") == (418, {"no": "not_found"})
        assert (await call.get("/run/load")).json == {"no": "unauthenticated"}


def test_a_late_route_says_which_right_it_will_ask_for() -> None:
    with pytest.raises(PolicyMissing, match="say which right its endpoint asks for"):
        Door([a_route(scope=None, anyone=True)], None, words)  # type: ignore[arg-type]
