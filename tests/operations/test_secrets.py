"""Secret parameters from the start to the order, and the secrets of a project in the environment of a step."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from runbell.domain.faults import InvalidDefinition, InvalidParams, NotRestartable
from runbell.domain.secrecy import sealed_text
from runbell.domain.status import Status
from runbell.operations import keep_secrets
from runbell.operations.idempotency import IdempotencyKey, settle
from runbell.operations.restart import rerun, restart
from runbell.ports.store import Ref
from tests.house_of_cards import ADMIN, House, a_house

pytestmark = pytest.mark.anyio
TOKEN = {"token": {"type": "text", "secret": True, "nullable": True}, "day": {"type": "text"}}


@pytest.fixture
async def house(tmp_path: Path, anyio_backend: str) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        yield opened


def tokens(house: House) -> list[Any]:
    return [order.params.get("token") for order in house.script.orders]


async def test_a_secret_parameter_is_sealed_on_the_table_and_open_in_the_order(house: House) -> None:
    await house.define("load", "a", parameters=TOKEN)
    started = await house.start("load", params={"token": "hunter2", "day": "x"})
    ended = await house.until(started)
    for execution in (started, ended):
        assert sealed_text(execution.params["token"]) is not None
        assert "hunter2" not in repr(execution)
        assert execution.params["day"] == "x"
    [order] = house.script.orders
    assert order.params == {"token": "hunter2", "day": "x"}
    assert order.veiled == ("hunter2", "hunter2")


async def test_what_is_remembered_of_a_request_tells_nothing_without_the_key(house: House) -> None:
    sent = IdempotencyKey("one", "/path", {"params": {"token": "hunter2"}})
    first = settle(house.ports, ADMIN, sent)
    assert first == settle(house.ports, ADMIN, sent)
    house.ports.vault.__init__(b"x" * 32)  # type: ignore[misc]
    other = settle(house.ports, ADMIN, sent)
    assert other.fingerprint != first.fingerprint
    assert other.members["/params/token"] != first.members["/params/token"]


async def test_null_is_shown_as_null(house: House) -> None:
    await house.define("load", "a", parameters=TOKEN)
    ended = await house.until(await house.start("load", params={"token": None}))
    assert ended.params == {"token": None}
    assert house.script.orders[0].veiled == ()


async def test_a_restart_and_a_rerun_carry_it_over_sealed_anew(house: House) -> None:
    await house.define("load", "a", parameters=TOKEN)
    house.script.fails("a")
    first = await house.until(await house.start("load", params={"token": "hunter2"}))
    again = await house.until((await restart(house.ports, ADMIN, Ref(number=first.number))).execution)
    for mode in ("exact", "current"):
        last = await rerun(house.ports, ADMIN, Ref(number=again.number), mode, {"day": "y"})  # type: ignore[arg-type]
        await house.until(last.execution)
    assert tokens(house) == ["hunter2"] * 4
    assert len({str(each.params["token"]) for each in (first, again, last.execution)}) == 3


async def test_a_sealed_value_that_a_caller_sends_is_no_way_to_another_execution(house: House) -> None:
    await house.define("load", "a", parameters=TOKEN)
    await house.define("open", "a", parameters={"token": {"type": "json"}})
    first = await house.until(await house.start("load", params={"token": "hunter2"}))
    with pytest.raises(InvalidParams):
        await house.start("load", params={"token": first.params["token"]})
    await house.until(await house.start("open", params={"token": first.params["token"]}))
    assert house.script.orders[-1].params == {"token": first.params["token"]}


async def test_a_rerun_does_not_show_what_was_secret(house: House) -> None:
    await house.define("load", "a", parameters=TOKEN)
    first = await house.until(await house.start("load", params={"token": "hunter2"}))
    await house.define("load", "a", parameters={"token": {"type": "text"}})
    with pytest.raises(InvalidParams) as refusal:
        await rerun(house.ports, ADMIN, Ref(number=first.number), "current")
    assert [problem.code for problem in refusal.value.problems] == ["was_secret"]
    await rerun(house.ports, ADMIN, Ref(number=first.number), "current", {"token": "open"})


async def test_a_value_of_a_lost_key_is_asked_for_anew(house: House) -> None:
    await house.define("load", "a", parameters=TOKEN)
    first = await house.until(await house.start("load", params={"token": "hunter2"}))
    house.ports.vault.__init__(b"x" * 32)  # type: ignore[misc]
    with pytest.raises(NotRestartable, match="another key"):
        await rerun(house.ports, ADMIN, Ref(number=first.number))
    await rerun(house.ports, ADMIN, Ref(number=first.number), params={"token": "new"})


async def test_a_follow_up_gets_it_sealed(house: House) -> None:
    await house.define("report", "b", parameters=TOKEN)
    await house.define(
        "load", "a", parameters=TOKEN, then=[{"job": "report", "parameters": {"token": "Bearer {token}"}}]
    )
    first = await house.until(await house.start("load", params={"token": "hunter2"}))
    [follower] = await house.ports.store.follow_ups(first.id)
    ended = await house.until(follower)
    assert sealed_text(ended.params["token"]) is not None
    assert tokens(house) == ["hunter2", "Bearer hunter2"]


async def test_a_follow_up_made_at_a_failure_gets_it_sealed_too(house: House) -> None:
    await house.define("report", "b", parameters=TOKEN)
    then = [{"job": "report", "on": "failed", "parameters": {"token": "{token}"}}]
    await house.define("load", "a", parameters=TOKEN, then=then)
    house.script.fails("a")
    first = await house.until(await house.start("load", params={"token": "hunter2"}))
    [follower] = await house.ports.store.follow_ups(first.id)
    assert "hunter2" not in repr(await house.until(follower))
    assert tokens(house) == ["hunter2", "hunter2"]


async def test_a_follow_up_that_would_show_it_cannot_be_defined_and_does_not_start(house: House) -> None:
    await house.define("report", "b", parameters=TOKEN)
    then = [{"job": "report", "parameters": {"day": "{token}"}}]
    with pytest.raises(InvalidDefinition) as refusal:
        await house.define("load", "a", parameters=TOKEN, then=then)
    assert [problem.pointer for problem in refusal.value.problems] == ["/then/0/parameters/day"]
    await house.define("load", "a", parameters=TOKEN, then=[{"job": "report", "parameters": {"token": "{token}"}}])
    await house.define("report", "b", parameters={"token": {"type": "text"}})
    first = await house.until(await house.start("load", params={"token": "hunter2"}))
    [follower] = await house.ports.store.follow_ups(first.id)
    assert (await house.until(follower)).status is Status.DISCARDED
    assert tokens(house) == ["hunter2"]


async def test_a_secret_of_the_project_is_in_the_environment_of_the_step(house: House) -> None:
    await keep_secrets.put(house.ports, ADMIN, "warehouse.password", "s3cret")
    await house.define("load", "a", secrets={"DB_PASSWORD": "warehouse.password"})
    await house.until(await house.start("load"))
    [order] = house.script.orders
    assert (order.secrets, order.veiled) == ({"DB_PASSWORD": "s3cret"}, ("s3cret",))
    assert "DB_PASSWORD" not in order.env


async def test_a_call_has_its_secrets_filled_in_hidden_and_nowhere_in_the_environment(house: House) -> None:
    await keep_secrets.put(house.ports, ADMIN, "api", "s3cret")
    http = {"url": "https://a.example/", "headers": {"Authorization": "Bearer {secrets.api}"}}
    await house.define("load", {"name": "call", "http": http})
    await house.until(await house.start("load"))
    [order] = house.script.orders
    assert order.task is not None
    assert (order.kind, order.task["headers"]) == ("http", {"Authorization": "Bearer s3cret"})
    assert (order.secrets, order.veiled) == ({}, ("s3cret",))


async def test_a_call_without_its_secret_fails_with_a_remedy(house: House) -> None:
    http = {"url": "https://a.example/{secrets.api}"}
    await house.define("load", {"name": "call", "http": http})
    ended = await house.until(await house.start("load"))
    assert ended.error is not None
    assert "runbell secrets set api" in ended.error.detail
    assert house.script.orders == []


async def test_a_changed_secret_counts_for_the_next_step(house: House) -> None:
    await keep_secrets.put(house.ports, ADMIN, "pw", "old")
    await house.define("load", "a", "b", secrets={"PW": "pw"})
    house.script.held.add("a")
    started = await house.start("load")
    await house.until_running("a")
    await keep_secrets.put(house.ports, ADMIN, "pw", "new")
    house.script.release("a")
    await house.until(started)
    assert [order.secrets["PW"] for order in house.script.orders] == ["old", "new"]


async def test_a_missing_secret_fails_the_step_with_a_remedy(house: House) -> None:
    await house.define("load", "a", secrets={"PW": "pw"})
    ended = await house.until(await house.start("load"))
    assert ended.error is not None
    assert (ended.status, ended.error.step) == (Status.FAILED, "a")
    assert "The secret pw is not set" in ended.error.detail
    assert "runbell secrets set pw" in ended.error.detail
    await keep_secrets.put(house.ports, ADMIN, "pw", "here now")
    again = await restart(house.ports, ADMIN, Ref(number=ended.number))
    assert (await house.until(again.execution)).status is Status.SUCCEEDED


async def test_a_secret_that_was_sealed_for_another_name_is_not_opened(house: House) -> None:
    made = house.ports.vault.seal("secret", ("default", "other"), b"s3cret")
    await keep_secrets.put(house.ports, ADMIN, "pw", "old")
    await house.ports.store.put_secret(_moved(made))
    await house.define("load", "a", secrets={"PW": "pw"})
    ended = await house.until(await house.start("load"))
    assert ended.error is not None
    assert "another place" in ended.error.detail
    assert house.script.orders == []


async def test_the_last_use_of_a_secret_is_noted(house: House) -> None:
    await keep_secrets.put(house.ports, ADMIN, "pw", "s3cret")
    await house.define("load", "a", secrets={"PW": "pw"})
    await house.until(await house.start("load"))
    await house.until(await house.start("load"))
    found = await keep_secrets.one(house.ports, ADMIN, "pw")
    assert (found.last_used_at, found.jobs) == (house.clock.at, ("load",))


async def test_an_included_job_brings_its_own_secrets(house: House) -> None:
    await keep_secrets.put(house.ports, ADMIN, "inner", "s3cret")
    await house.define("inner", "x", secrets={"PW": "inner"}, parameters={"token": {"type": "text"}})
    await house.define("outer", "a", {"name": "b", "job": "inner"}, parameters=TOKEN)
    await house.until(await house.start("outer", params={"token": "hunter2"}))
    own, included = house.script.orders
    assert own.secrets == {}
    assert included.secrets == {"PW": "s3cret"}
    assert set(included.veiled) == {"s3cret", "hunter2"}


def _moved(sealed: str) -> Any:
    from runbell.ports.secret_table import PutSecret

    return PutSecret(project="default", name="pw", sealed=sealed, at=1, actor="x")
