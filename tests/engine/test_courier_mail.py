"""Mail goes the way of webhooks: from the outbox, on the same schedule, visible, sent again when asked for."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from runbell.domain.delivery import DELAYS_MS, Attempt, Delivery
from runbell.domain.execution import Error, Execution
from runbell.domain.outcome import Failed
from runbell.engine.courier import MAIL, Courier
from runbell.notifiers.mail import MailNotifier, letters
from runbell.notifiers.smtp import MailServer
from runbell.ports.store import Ref
from runbell.ports.webhook_table import DeliveryQuery, Redeliver
from tests.house_of_cards import House, a_house
from tests.notifiers.postman import Postman, a_postman

pytestmark = pytest.mark.anyio

OPS = "ops@example.org"


class Office:
    """A house whose job mails, and a courier to a mail server."""

    def __init__(self, house: House, postman: Postman) -> None:
        self.house = house
        self.postman = postman
        self.server = MailServer(host="127.0.0.1", port=postman.port, security="plain", sender="rb@example.org")
        self.courier = self.of(self.server)

    def of(self, server: MailServer | None) -> Courier:
        notifiers: dict[str, Any] = {} if server is None else {MAIL: MailNotifier(server)}
        return Courier(self.house.ports, {}, notifiers, letter=letters(server, None, self.look), dice=lambda: 0.5)

    async def look(self, delivery: Delivery) -> Execution | None:
        return await self.house.ports.store.execution(delivery.project, Ref(id=delivery.told.execution))

    async def ended(self) -> int:
        return (await self.house.until(await self.house.start("load"))).number

    async def told(self, number: int) -> tuple[Delivery, list[Attempt]]:
        (found,) = await self.house.ports.store.deliveries(DeliveryQuery(execution=number))
        return found, (await self.house.ports.store.attempts((found.number,)))[found.number]


@pytest.fixture
async def office(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Office]:
    async with a_house(tmp_path) as house, a_postman() as postman:
        await house.define("load", "a", notify={"email": [OPS], "on": ["succeeded", "failed"]})
        yield Office(house, postman)


async def test_the_end_of_a_run_is_mailed_once(office: Office) -> None:
    number = await office.ended()
    assert await office.courier.once() == 1
    assert await office.courier.once() == 0
    (message,) = office.postman.messages
    assert (message["To"], message["Subject"]) == (OPS, f"[runbell] load {number} succeeded")
    assert f"runbell show {number}" in message.get_content()
    found, (attempt,) = await office.told(number)
    assert (found.state, found.receiver) == ("delivered", OPS)
    assert (attempt.url, attempt.status, attempt.error) == (f"mailto:{OPS}", 250, None)
    assert attempt.headers == {"from": "rb@example.org", "to": OPS, "via": office.server.shown}
    assert message["Message-ID"] in msgspec.json.decode(found.body or "", type=str)


async def test_what_could_not_be_handed_over_is_tried_again_on_the_schedule_of_webhooks(office: Office) -> None:
    office.postman.says = {OPS: "451 greylisted, come back"}
    number = await office.ended()
    await office.courier.once()
    found, (attempt,) = await office.told(number)
    assert (found.state, attempt.status, "451 greylisted" in (attempt.error or "")) == ("due", 451, True)
    office.postman.says = {}
    office.house.clock.at += DELAYS_MS[1]
    await office.courier.once()
    found, attempts = await office.told(number)
    assert (found.state, [one.status for one in attempts]) == ("delivered", [451, 250])
    assert len(office.postman.taken) == 1


async def test_a_receiver_who_is_not_there_is_given_up_at_once(office: Office) -> None:
    office.postman.says = {OPS: "550 no such user"}
    number = await office.ended()
    await office.courier.once()
    found, attempts = await office.told(number)
    assert (found.state, found.why, len(attempts)) == ("dead", "cannot_be_sent", 1)


async def test_without_a_mail_server_it_says_so_and_can_be_sent_again(office: Office) -> None:
    number = await office.ended()
    await office.of(None).once()
    found, (attempt,) = await office.told(number)
    assert (found.state, "mail_host is not set" in (attempt.error or "")) == ("dead", True)
    now = office.house.ports.clock.now()
    await office.house.ports.store.redeliver(Redeliver(delivery=found.number, at=now))
    await office.courier.once()
    assert (await office.told(number))[0].state == "delivered"


async def test_what_a_job_says_in_letters_of_any_script_arrives_with_the_step_and_its_last_lines(
    office: Office,
) -> None:
    error = Error(code="ERROR", detail="Keine Zeilen für März.", log_tail=("zurück: 日本",))
    office.house.script.plays["a"] += [lambda _: Failed(error)]
    number = await office.ended()
    await office.courier.once()
    assert (await office.told(number))[0].state == "delivered"
    text = office.postman.messages[0].get_content().replace("\r\n", "\n")
    assert "Keine Zeilen für März." in text
    assert "First failed step: a\n" in text
    assert "    zurück: 日本\n" in text


async def test_mailed_is_what_somebody_has_to_look_at_when_nothing_else_is_named(office: Office) -> None:
    await office.house.define("load", "a", notify={"email": [OPS]})
    await office.ended()
    office.house.script.plays["a"] += [lambda _: Failed(Error(code="ERROR", detail="no"))]
    await office.ended()
    await office.courier.once()
    assert [one["Subject"] for one in office.postman.messages] == ["[runbell] load 2 failed"]
