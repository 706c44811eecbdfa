"""At every vendor's door what an execution made is shown to who may read results, and the log says who took it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from runbell.domain.execution import ResultRef
from runbell.domain.identity import SCOPES
from runbell.domain.outcome import Outcome, Succeeded
from runbell.http.conversation import Conversation
from runbell.ports.runner import StepOrder
from runbell.settings import DIALECTS
from tests.http.calling import Reply
from tests.left_behind import exceptions, file, folder, rows

from .test_conversations import at, speak
from .test_rights import MINE, credentials, talk_about
from .visiting import DialectVisit, a_dialect_visit

pytestmark = pytest.mark.anyio

MADE: Final = (
    b"needle-in-a-row", b"needle-in-the-result", b"needle-of-a-reason", b"needle-of-a-file", b"needlecolumn",
)  # fmt: skip
TAKES: Final = frozenset({"dvsum", "infolink", "adverity", "des"})
"""The doors at which rows or files can be had."""
_ADDRESS: Final = re.compile(r'"((?:https?://[^"/]+)?/[^"\s]*)"')


def plays(root: Path, order: StepOrder) -> Outcome:
    """A step that leaves something of each kind."""
    to, text = folder(root, order.execution), '{"said":"needle-in-the-result"}'
    data = (
        rows(to, [{"needlecolumn": "needle-in-a-row"}], "set"),
        exceptions(to, {"needle-of-a-reason": [{"needlecolumn": "needle-in-a-row"}]}),
        file(to, "needle-of-a-file.csv", "a,b\nneedle-in-a-row,1\n"),
    )
    return Succeeded(result=ResultRef(inline=text, size=len(text)), data=data)


async def seen(visit: DialectVisit, talk: Conversation, execution: str, by: Mapping[str, str]) -> list[Reply]:
    """What the door shows of the execution, and whatever that leads on to."""
    replies = [await speak(visit, call, execution, **by) for call in (talk.look, *talk.outputs) if call is not None]
    if visit.name == "adverity":
        replies.append(await visit.with_key(None).get(f"/api/extracts/?job_id={execution}", **by))
    asked: set[str] = set()
    while ways := {way for reply in replies for way in _ADDRESS.findall(reply.body.decode())} - asked:
        for way in sorted(ways):
            asked.add(way)
            whole = urlsplit(way)
            path = f"{whole.path}?{whole.query}" if whole.query else whole.path
            if path.startswith(("/integration", "/api/", "/on/demandware", "/s/", "/DataApi")) and len(asked) < 60:
                keys = re.findall(r'"x[_-]api[_-]key":"([^"]+)"', b"".join(one.body for one in replies).decode())
                more = {"x_api_key": keys[0]} if keys and "download" in path else {}
                replies.append(await visit.with_key(None).get(path, **({**by, **more})))
    return replies


@pytest.mark.parametrize("name", DIALECTS)
async def test_without_results_read_nothing_is_shown_and_with_it_the_log_says_who_took_it(
    tmp_path: Path, name: str
) -> None:
    async with a_dialect_visit(tmp_path, name) as visit:
        await visit.defined("mine", ids={name: MINE[name]})
        visit.house.script.plays["a"].append(lambda order: plays(tmp_path, order))
        talk = await talk_about(visit, "mine", "default")
        owner = await credentials(visit, talk, "owner", "default", SCOPES)
        started = await speak(visit, talk.start, **owner)
        execution = str(at(started.json, talk.execution_at))
        await visit.house.until(await visit.execution(1))
        lacking = [scope for scope in SCOPES if scope != "results:read"]
        for more, who in (((), "looker"), (("results:read:another",), "narrow")):
            by = await credentials(visit, talk, who, "default", (*lacking, *more))
            shown = b"".join(reply.body for reply in await seen(visit, talk, execution, by))
            assert [needle for needle in MADE if needle in shown] == []
        shown = b"".join(reply.body for reply in await seen(visit, talk, execution, owner))
        lines = [line.entry for line in await visit.ports.store.audit_from(0, 1_000)]
        taken = {entry.action for entry in lines if entry.outcome == "done" and entry.action.startswith("results.")}
        assert (b"needle-in-a-row" in shown) == (name in TAKES)
        assert ("results.download" in taken) == (name in TAKES)
        assert all(entry.project == "default" and entry.object for entry in lines)
