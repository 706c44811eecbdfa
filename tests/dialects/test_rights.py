"""Who may do what holds at every vendor's door: only who has the right is let in, and what is theirs is not there."""

import re
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from runbell.domain.identity import SCOPES
from runbell.domain.principals import User
from runbell.http.conversation import Call, Conversation
from runbell.ports.identity_table import PutUser
from runbell.settings import DIALECTS
from tests.http.calling import Reply

from .test_conversations import at, speak
from .visiting import DialectVisit, a_dialect_visit, basic

pytestmark = pytest.mark.anyio

Ids = dict[str, Any]
MINE: Final[Ids] = {
    "dvsum": 7001, "adverity": 7001, "ocapi": "Mine", "infolink": "Mine", "des": "11111111-1111-4111-8111-111111111111",
}  # fmt: skip
THEIRS: Final[Ids] = {
    "dvsum": 8002, "adverity": 8002, "ocapi": "Their", "infolink": "Their",
    "des": "22222222-2222-4222-8222-222222222222",
}  # fmt: skip
ABSENT: Final[Ids] = {
    "dvsum": 9003, "adverity": 9003, "ocapi": "Nosuc", "infolink": "Nosuc",
    "des": "33333333-3333-4333-8333-333333333333",
}  # fmt: skip
NO_EXECUTION: Final = {"dvsum": "900009", "adverity": "900009", "ocapi": "900009"}
CALLS: Final = ("start", "look", "stop")


async def talk_about(visit: DialectVisit, job: str, project: str) -> Conversation:
    """What the door says of this job."""
    record = await visit.ports.store.job(project, job)
    assert record is not None and visit.opened.converse is not None
    talk = visit.opened.converse(record, await visit.ports.catalogue.version(record, record.version), {})
    assert talk is not None
    return talk


async def credentials(visit: DialectVisit, talk: Conversation, who: str, project: str, scopes: Any) -> dict[str, str]:
    """The headers of a new caller with these rights: a key, or a token where a door takes no keys."""
    if talk.by_key is not None:
        key = await visit.key(*scopes, project=project, name=who)
        return {"authorization": talk.by_key.format(key=key)} | ({"x_api_key": key} if talk.key_header else {})
    await visit.project(project)
    robot = User(id=f"{who}-robot", name=f"{who}-robot", kind="service", roles={project: "admin"}, created_at=0)
    await visit.ports.store.put_user(PutUser(user=robot, create=True))
    await visit.client(who, {project: tuple(scopes)}, project=project, user=robot.id)
    token = await speak(visit, talk.token, authorization=basic(who))
    assert token.status == 200, token
    return {"authorization": talk.by_token.format(token=at(token.json, talk.token_at))}


def refused(reply: Reply) -> bool:
    """Whether the door said no, in whatever way its vendor does."""
    return reply.status >= 400 or reply.json.get("status") == "error"


def about_nothing(call: Call, name: str) -> Call:
    """The call about a job that is not there, in an app that is not."""
    text = msgspec.json.encode(call).replace(str(THEIRS[name]).encode(), str(ABSENT[name]).encode())
    return msgspec.json.decode(text.replace(b'"other"', b'"nobdy"'), type=Call)


def plain(reply: Reply, *said: Any) -> tuple[int, dict[str, str], bytes]:
    """The answer without what the caller named itself, and without what is each answer's own."""
    body = re.sub(rb'"(traceId|request_id)":"\w+"', b"", reply.body)
    for one in said:
        body = body.replace(str(one).encode(), b"<id>")
    own = ("x-request-id", "date", "content-length")
    return reply.status, {name: value for name, value in reply.headers.items() if name not in own}, body


async def a_place(visit: DialectVisit) -> tuple[dict[str, str], str, dict[str, str], str]:
    """A job of mine and one of theirs, each with an execution: the credentials, and the executions' ids."""
    found: list[Any] = []
    for job, project, ids in (("mine", "default", MINE), ("their", "other", THEIRS)):
        await visit.defined(job, project=project, ids={visit.name: ids[visit.name]})
        talk = await talk_about(visit, job, project)
        allowed = await credentials(visit, talk, f"owner-of-{job}", project, SCOPES)
        started = await speak(visit, talk.start, **allowed)
        assert not refused(started), started
        found += [allowed, str(at(started.json, talk.execution_at))]
    return found[0], found[1], found[2], found[3]


@pytest.mark.parametrize("name", DIALECTS)
async def test_only_who_has_the_right_is_let_in(tmp_path: Path, name: str) -> None:
    async with a_dialect_visit(tmp_path, name, serving=False) as visit:
        mine, execution, _, their_execution = await a_place(visit)
        own, their = await talk_about(visit, "mine", "default"), await talk_about(visit, "their", "other")
        lacking = await credentials(visit, own, "looker", "default", ("jobs:read",))
        strangers: list[dict[str, str]] = [{}, {"authorization": own.by_token.format(token="no-such-token")}]
        for call in CALLS:
            asked, asked_of_theirs = getattr(own, call), getattr(their, call)
            if asked is None:
                continue
            for allowed in (*strangers, lacking):
                assert refused(await speak(visit, asked, execution, **allowed)), (call, allowed)
                assert refused(await speak(visit, asked_of_theirs, their_execution, **allowed)), (call, allowed)
            assert refused(await speak(visit, asked_of_theirs, their_execution, **mine)), call
            if call != "start":  # some refuse a second start while one waits
                assert not refused(await speak(visit, asked, execution, **mine)), call
        assert [await visit.executions(project) for project in ("default", "other")] == [1, 1]
        assert (await visit.execution(2, "other")).stop is None


@pytest.mark.parametrize("name", DIALECTS)
async def test_what_is_theirs_is_answered_like_what_is_not_there(tmp_path: Path, name: str) -> None:
    async with a_dialect_visit(tmp_path, name, serving=False) as visit:
        mine, _, _, their_execution = await a_place(visit)
        their = await talk_about(visit, "their", "other")
        nothing = NO_EXECUTION.get(name, "44444444-4444-7444-8444-444444444444")
        for call in CALLS:
            asked = getattr(their, call)
            if asked is None:
                continue
            one = await speak(visit, asked, their_execution, **mine)
            other = await speak(visit, about_nothing(asked, name), nothing, **mine)
            said = [THEIRS[name], ABSENT[name], their_execution, nothing, "other", "nobdy"]
            assert plain(one, *said) == plain(other, *said), call
