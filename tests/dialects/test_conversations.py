"""What every door says of how its clients talk is true: spoken to it word by word, it runs the job."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from runbell.domain.principals import User
from runbell.http.conversation import Answered, Call, Conversation
from runbell.ports.identity_table import PutUser
from tests.http.calling import Caller, Reply

from .visiting import FORM, DialectVisit, a_dialect_visit, basic

pytestmark = pytest.mark.anyio

TALKING = ("dvsum", "infolink", "ocapi", "des")
"""The doors whose clients log in with an id and a secret."""


async def speak(visit: DialectVisit, call: Call, execution: str = "", **headers: str) -> Reply:
    """Send one call as it is written."""
    said = dict(headers) | {name.lower().replace("-", "_"): value for name, value in call.headers.items()}
    pieces = [b""]
    if call.form:
        pieces, said = [urlencode(call.form).encode()], said | {"content_type": FORM}
    elif call.body is not None:
        pieces = [json.dumps(call.body).replace("{execution}", execution).encode()]
    query = {name: value.replace("{execution}", execution) for name, value in call.query.items()}
    path = quote(call.path.replace("{execution}", execution), safe="/:") + (f"?{urlencode(query)}" if query else "")
    return await Caller(visit.call.app).call(call.method, path, pieces=pieces, headers=said)


def at(value: Any, place: tuple[str, ...]) -> Any:
    """The member at that place."""
    for name in place:
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


def says(reply: Reply, answered: Answered) -> bool:
    """Whether the answer says it."""
    return at(reply.json, answered.at) in answered.among


@pytest.mark.parametrize("name", TALKING)
async def test_a_client_that_talks_as_its_door_says_runs_the_job_to_its_end(tmp_path: Path, name: str) -> None:
    async with a_dialect_visit(tmp_path, name, serving=True) as visit:
        robot = User(id="robot", name="robot", kind="service", roles={"default": "admin"}, created_at=0)
        await visit.ports.store.put_user(PutUser(user=robot, create=True))
        await visit.client(user="robot")
        visit.house.script.held.add("a")
        await visit.defined("load", "a")
        talk = await conversation(visit)
        token = await speak(visit, talk.token, authorization=basic())
        assert token.status in talk.token.succeeds, token
        allowed = {"authorization": talk.by_token.format(token=at(token.json, talk.token_at))}
        started = await speak(visit, talk.start, **allowed)
        assert started.status in talk.start.succeeds, started
        execution = str(at(started.json, talk.execution_at))
        await visit.house.until_running("a")
        assert not says(await speak(visit, talk.look, execution, **allowed), talk.ended)
        visit.house.script.release("a")
        await visit.house.until(await visit.execution(1))
        look = await speak(visit, talk.look, execution, **allowed)
        assert (look.status in talk.look.succeeds, says(look, talk.ended), says(look, talk.good)) == (True, True, True)
        for output in talk.outputs:
            reply = await speak(visit, output, execution, **allowed)
            assert reply.status in output.succeeds, reply
        if talk.stop is not None:
            assert (await speak(visit, talk.stop, execution, **allowed)).status in talk.stop.succeeds


async def conversation(visit: DialectVisit) -> Conversation:
    """What the door says of the job `load`."""
    record = await visit.ports.store.job("default", "load")
    assert record is not None
    assert visit.opened.converse is not None, "this door does not say how its clients talk"
    talk = visit.opened.converse(record, await visit.ports.catalogue.version(record, record.version), {})
    assert talk is not None
    return talk
