"""The courier: in order, at least once, under one id, patient with who fails and in nobody else's way."""

import asyncio

import pytest

from runbell.domain import signing_secret
from runbell.domain.delivery import DELAYS_MS
from runbell.engine.courier import AT_ONCE, FAILS_TOO_OFTEN
from runbell.operations import subscribe
from runbell.operations.call_back import AskedBack, own_secret
from tests.builders import NOON
from tests.house_of_cards import ADMIN

from .post_office import URL, Office, said

pytestmark = pytest.mark.anyio


async def test_everything_is_told_in_order_with_a_signature(office: Office) -> None:
    await office.listens()
    number = await office.ended()
    assert await office.courier.once() == 4
    assert office.receivers.of(URL) == ["queued", "started", "step_finished", "succeeded"]
    assert await office.states(number) == ["delivered"] * 4
    assert all(len(one.secrets) == 1 and one.id.startswith("msg_") for one in office.receivers.heard)


async def test_a_failing_receiver_gets_the_same_id_and_body_ten_times_over_75_hours_and_then_the_next(
    office: Office,
) -> None:
    await office.listens(events=("execution.started", "execution.succeeded"))
    office.receivers.replies[URL] = said(500)
    number = await office.ended()
    times = []
    while (await office.states(number))[0] == "due":
        await office.courier.once()
        times.append(office.house.clock.at - NOON)
        (line,) = await office.house.ports.store.lines()
        office.house.clock.at = max(office.house.clock.at, line.due_at)
    assert times == [sum(DELAYS_MS[: place + 1]) for place in range(10)]
    assert office.receivers.of(URL) == [*(["started"] * 10), "succeeded"]
    assert len({(one.id, one.body) for one in office.receivers.heard[:10]}) == 1
    assert len({one.at for one in office.receivers.heard[:10]}) == 10
    assert await office.states(number) == ["dead", "due"]
    office.receivers.replies[URL] = said(200)
    office.house.clock.at += 5_000
    await office.courier.once()
    assert await office.states(number) == ["dead", "delivered"]


async def test_nothing_overtakes_what_has_not_arrived(office: Office) -> None:
    await office.listens()
    office.receivers.replies[URL] = said(500)
    number = await office.ended()
    await office.courier.once()
    office.receivers.replies[URL] = said(204)
    assert office.receivers.of(URL) == ["queued"]
    office.house.clock.at += 5_000
    await office.courier.once()
    assert office.receivers.of(URL) == ["queued", "queued", "started", "step_finished", "succeeded"]
    assert await office.states(number) == ["delivered"] * 4


async def test_what_was_in_the_air_when_the_server_was_killed_is_sent_again_under_the_same_id(office: Office) -> None:
    await office.listens(events=("execution.succeeded",))
    office.receivers.silent.add(URL)
    await office.ended()
    killed = asyncio.create_task(office.courier.serve())
    while not office.receivers.heard:
        await asyncio.sleep(0)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    office.receivers.silent.clear()
    assert await office.another().once() == 1
    first, second = office.receivers.heard
    assert (first.id, first.body) == (second.id, second.body)


async def test_who_does_not_answer_delays_nobody_else(office: Office) -> None:
    await office.listens("dead", events=("execution.queued",))
    await office.listens("well", events=("execution.queued",))
    office.receivers.silent.add("https://dead.example/")
    for _ in range(3 * AT_ONCE):
        await office.ended()
    serving = asyncio.create_task(office.courier.serve())
    async with asyncio.timeout(5):
        while len(office.receivers.of("https://well.example/")) < 3 * AT_ONCE:
            await asyncio.sleep(0.001)
    assert 0 < len(office.receivers.of("https://dead.example/")) < 10
    assert office.receivers.most <= AT_ONCE
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_who_fails_again_and_again_gets_one_at_a_time_until_it_succeeds(office: Office) -> None:
    await office.listens(events=("execution.queued",))
    office.receivers.replies[URL] = said(500)
    for _ in range(FAILS_TOO_OFTEN + 8):
        await office.ended()
    await office.courier.once()
    office.receivers.most = 0
    office.house.clock.at += 5_000
    await office.courier.once()
    assert office.receivers.most == 1
    office.receivers.replies[URL] = said(200)
    office.house.clock.at += 300_000
    await office.courier.once()
    assert office.receivers.most > 1


async def test_who_asks_for_less_is_left_alone_for_so_long(office: Office) -> None:
    await office.listens(events=("execution.queued",))
    office.receivers.replies[URL] = said(429, retry_after_ms=60_000)
    await office.ended()
    await office.courier.once()
    await office.ended()
    assert await office.courier.once() == 0
    office.receivers.replies[URL] = said(200)
    office.house.clock.at += 59_999
    assert await office.courier.once() == 0
    office.house.clock.at += 1
    assert await office.courier.once() == 2


async def test_during_a_rotation_both_secrets_sign_and_then_only_the_new_one(office: Office) -> None:
    await office.listens(events=("execution.succeeded",))
    await subscribe.rotate(office.house.ports, ADMIN, "ops", None, 60_000)
    for wait in (0, 59_999, 1):
        office.house.clock.at += wait
        await office.ended()
        await office.courier.once()
    assert [len(one.secrets) for one in office.receivers.heard] == [2, 2, 1]
    assert office.receivers.heard[0].secrets[0] == office.receivers.heard[2].secrets[0]


async def test_a_callback_is_signed_with_its_own_secret_else_with_the_callers(office: Office) -> None:
    secret = signing_secret.fresh("v1")
    await office.ended(call_back=AskedBack(url="https://c.example/1", secret=secret))
    await office.ended(call_back=AskedBack(url="https://c.example/2"))
    await office.courier.once()
    mine = own_secret(office.house.ports.vault, ADMIN.client)
    assert [(one.url, one.secrets) for one in office.receivers.heard] == [
        ("https://c.example/1", (secret,)), ("https://c.example/2", (mine,)),
    ]  # fmt: skip
    assert mine != own_secret(office.house.ports.vault, "client:other")
