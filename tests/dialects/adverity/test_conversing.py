"""The calls about a job that this door tells of are calls that it takes."""

from pathlib import Path
from urllib.parse import urlencode

import pytest

from runbell.http.conversation import Call, Conversation
from tests.dialects.adverity.visit import AdverityVisit, a_visit
from tests.http.calling import Reply

pytestmark = pytest.mark.anyio
HEADERS = {"content_type": "application/x-www-form-urlencoded"}


async def told(at: AdverityVisit, **params: str) -> Conversation | None:
    record, job = await at.visit.ports.catalogue.current("default", "ads-north")
    assert at.visit.opened.converse is not None
    return at.visit.opened.converse(record, job, params)


async def sent(at: AdverityVisit, call: Call, execution: str = "") -> Reply:
    pieces = [urlencode(call.form).encode()] if call.form else []
    path = call.path.replace("{execution}", execution)
    reply = await at.call.call(call.method, path, pieces=pieces, headers=HEADERS if call.form else {})
    assert reply.status in call.succeeds, reply
    return reply


@pytest.mark.parametrize("kind", ["date", "datetime", "text", None])
async def test_the_calls_start_look_at_and_stop_a_job(tmp_path: Path, kind: str | None) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        example = {"date": "2031-12-24", "datetime": "2031-12-24T01:02:03Z"}.get(kind or "", "anything")
        await at.defined("a", parameters={} if kind is None else {"start": {"type": kind, "required": True}} | {
            "end": {"type": kind, "required": True}})  # fmt: skip
        talk = await told(at, **({} if kind is None else {"start": example, "end": example}))
        assert talk is not None
        started = (await sent(at, talk.start)).json
        for step in talk.execution_at:
            started = started[int(step) if step.isdigit() else step]
        shown = (await sent(at, talk.look, str(started))).json
        assert shown["state_label"] not in talk.ended.among
        assert talk.stop is not None
        await sent(at, talk.stop, str(started))
        shown = (await sent(at, talk.look, str(started))).json
        assert shown[talk.ended.at[0]] in talk.ended.among
        assert shown[talk.good.at[0]] not in talk.good.among


async def test_a_job_that_needs_more_than_a_range_has_no_calls_here(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as at:
        await at.defined("a", parameters={"market": {"type": "text", "required": True}})
        assert await told(at, market="x") is None
