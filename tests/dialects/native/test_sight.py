"""What an execution made is shown with results:read and what it wrote with logs:read, wherever it would appear."""

from pathlib import Path
from typing import Any, Final

import pytest

from runbell.domain.execution import Error, ResultRef
from runbell.domain.identity import SCOPES
from runbell.domain.outcome import Failed
from tests.dialects.checked import CheckedCaller
from tests.left_behind import exceptions, file, folder, rows

from .test_logs import SSE, wrote
from .visit import Visit, a_visit

pytestmark = pytest.mark.anyio

MADE: Final = (
    b"needle-in-the-result", b"needle-in-a-row", b"needle-of-a-reason", b"needle-of-a-file", b"needle-column",
)  # fmt: skip
WROTE: Final = (b"needle-in-the-log", b"needle-of-the-tail")
MEDIA: Final = ("application/json", "text/plain", "text/event-stream", "text/csv", "*/*")


async def ran(visit: Visit, root: Path) -> dict[str, Any]:
    """Two executions alike; each failed, and had a result, rows, exception records, a file and a log."""

    def plays(order: Any) -> Failed:
        to = folder(root, order.execution)
        data = (
            rows(to, [{"needle-column": "needle-in-a-row"}], "set"),
            exceptions(to, {"needle-of-a-reason": [{"needle-column": "needle-in-a-row"}]}),
            file(to, "needle-of-a-file.txt", b"needle-in-a-row"),
        )
        text = f'{{"said":"needle-in-the-result","of":{order.number}}}'
        error = Error(code="ERROR", detail="It broke.", log_tail=("needle-of-the-tail",))
        return Failed(error, ResultRef(inline=text, size=len(text)), data)

    await visit.defined("load", "a")
    visit.house.script.plays["a"] += [plays, plays]
    made = [await visit.ended() for _ in range(2)]
    for turn, one in enumerate(made):
        wrote(visit, one, f"needle-in-the-log {turn}")
    return made[-1]


async def everything(visit: Visit, call: CheckedCaller, made: dict[str, Any]) -> dict[str, bytes]:
    """Whatever the door answers to a GET about executions, and to the starts that answer with one."""
    filled = {"{id}": made["id"], "{set}": "a", "{job}": "load", "{n}": "1", "{code}": "gone"}
    found = {}
    for route in visit.door.app.routes:
        if route.method != "GET" or not ("/executions" in route.path or route.path == "/api/v1/events"):
            continue
        name = "needle-of-a-file.txt" if "artifacts" in route.path else "set"
        path = route.path.replace("{name}", name)
        for place, value in filled.items():
            path = path.replace(place, value)
        if "{" in path:
            continue
        with_other = f"?with={made['number'] - 1}" if path.endswith("/diff") else ""
        for media in MEDIA:
            if media == SSE["accept"] and not path.endswith(("/events", "/logs")):
                continue
            if media == SSE["accept"] and path == "/api/v1/events":
                continue  # it never ends
            reply = await call.get(path + with_other, accept=media)
            found[f"{path} {media}"] = reply.body
    bulk = await call.post("/api/v1/executions:bulk", {"action": "rerun", "filter": {"job": "load"}, "dry_run": True})
    labelled = await call.send("PATCH", f"/api/v1/executions/{made['id']}", {"tags": ["seen"]})
    return found | {"bulk": bulk.body, "labelled": labelled.body}


def showing(found: dict[str, bytes], needles: tuple[bytes, ...]) -> list[str]:
    """Where one of the needles is seen."""
    return [place for place, body in found.items() if any(needle in body for needle in needles)]


@pytest.mark.parametrize("narrowed", [False, True])
async def test_nothing_that_was_made_or_written_is_shown_without_the_right(tmp_path: Path, narrowed: bool) -> None:
    async with a_visit(tmp_path) as visit:
        made = await ran(visit, tmp_path)
        all_of_it = await everything(visit, visit.call, made)
        for needle in (*MADE, *WROTE):
            assert showing(all_of_it, (needle,)), needle
        for lacking, needles, others in (("results:read", MADE, WROTE), ("logs:read", WROTE, MADE)):
            scopes = [scope for scope in SCOPES if scope != lacking]
            more = [f"{lacking}:another"] if narrowed else []
            reader = await visit.caller(*scopes, *more, name=f"without-{lacking}-{narrowed}")
            found = await everything(visit, reader, made)
            assert showing(found, needles) == []
            assert showing(found, others) == showing(all_of_it, others)


async def test_the_result_is_null_without_the_right_and_the_bodies_are_not_mixed_up(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        made = await ran(visit, tmp_path)
        path = f"/api/v1/executions/{made['id']}"
        looker = await visit.caller("executions:read", "executions:run", name="looker")
        reader = await visit.caller("executions:read", "results:read", name="reader")
        for _ in range(2):
            assert (await looker.get(path)).json["result"] is None
            assert (await looker.get(path)).json["error"]["log_tail"] == []
            assert (await reader.get(path)).json["result"]["said"] == "needle-in-the-result"
            assert (await reader.get(path)).json["error"]["log_tail"] == []
            assert (await visit.call.get(path)).json["error"]["log_tail"] == ["needle-of-the-tail"]
        visit.house.script.returns("a", '"needle-in-the-result"')
        reply = await looker.post("/api/v1/jobs/load:run", {}, prefer="wait=5")
        assert (reply.status, reply.json["status"], reply.json["result"]) == (200, "succeeded", None)
        assert (await looker.get(f"{path}/result")).code == "insufficient_scope"


async def test_who_may_read_the_log_of_another_job_hears_none_of_it_in_the_stream(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        made = await ran(visit, tmp_path)
        path = f"/api/v1/executions/{made['id']}/events"
        other = await visit.caller("executions:read", "logs:read:another", name="other")
        own = await visit.caller("executions:read", "logs:read:load", name="own")
        assert b"needle-in-the-log" not in (await other.get(path, **SSE)).body
        assert (await other.get(f"{path}?log=true", **SSE)).code == "insufficient_scope"
        assert b"needle-in-the-log" in (await own.get(path, **SSE)).body
