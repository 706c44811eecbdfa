"""The notification at the end of a run: what QueryRunStatus says of it, and whose id it bears."""

from pathlib import Path

import pytest
from msgspec import structs

from runbell.domain.identity import SCOPES, Actor
from runbell.operations import subscribe
from runbell.operations.subscribe import Wanted
from tests.dialects.notified import carried

from .calling import a_client

pytestmark = pytest.mark.anyio
ADMIN = Actor("key:admin", "default", frozenset(SCOPES))


async def test_the_end_of_a_run_is_told_as_queryrunstatus_says_it(tmp_path: Path) -> None:
    async with a_client(tmp_path) as des:
        form = des.visit.opened.format
        assert form is not None
        des.visit.ports.telling.formats[form.name] = form
        project = (await des.visit.ports.store.projects("", 9))[0].name
        actor = structs.replace(ADMIN, project=project)
        wanted = Wanted(name="des", url="https://hooks.example/", format="des")
        await subscribe.create(des.visit.ports, actor, wanted, "v1", None)
        await des.visit.defined("alone", project=project)
        record = await des.visit.ports.store.job(project, "alone")
        assert record is not None
        des.visit.house.script.fails("a")
        runs = [await des.start(record.id), await des.start(record.id)]
        ended = [await des.visit.house.until(await des.visit.execution(number)) for number in (1, 2)]
        receiver = await carried(des.visit.ports, form)
        assert [body["jobRunId"] for body in receiver.bodies] == runs
        assert [body["success"] for body in receiver.bodies] == [False, True]
        assert {execution.status.terminal for execution in ended} == {True}
        for body, sent in zip(receiver.bodies, receiver.sent, strict=True):
            status = (await des.post("queryrunstatus", {"jobRunId": body["jobRunId"]})).json
            assert body == status | {"eventType": "JobRunFinished", "notificationId": sent.id}
            assert sent.id.startswith("msg_")


async def test_a_webhook_of_this_format_is_told_of_ends_only(tmp_path: Path) -> None:
    async with a_client(tmp_path, serving=False) as des:
        form = des.visit.opened.format
        assert form is not None
        assert form.events is not None
        assert "execution.started" not in form.events
        assert "execution.discarded" in form.events
