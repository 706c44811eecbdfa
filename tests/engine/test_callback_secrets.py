"""What signs a caller's callbacks when its starts name no secret, and how it is replaced."""

import pytest

from runbell.domain import signing_secret
from runbell.domain.faults import InvalidField
from runbell.operations import call_back
from runbell.operations.call_back import AskedBack, own_secret
from tests.house_of_cards import ADMIN

from .post_office import Office

pytestmark = pytest.mark.anyio


async def test_a_replaced_secret_of_a_caller_signs_beside_the_one_before_for_a_while(office: Office) -> None:
    ports = office.house.ports
    first = own_secret(ports.vault, ADMIN.client)
    asked = AskedBack(url="https://c.example/")
    await office.ended(call_back=asked)  # on its way while the secret is replaced: it is signed by both, too
    new = await call_back.rotate_own(ports, ADMIN, None, 60_000)
    for wait in (0, 59_999, 1):
        office.house.clock.at += wait
        await office.courier.once()
        await office.ended(call_back=asked)
    await office.courier.once()
    assert [one.secrets for one in office.receivers.heard] == [
        (new.secret, first), (new.secret, first), (new.secret,), (new.secret,),
    ]  # fmt: skip
    assert await call_back.own(ports, ADMIN) == call_back.OwnSecret(new.secret)


async def test_of_three_secrets_of_a_caller_the_newest_two_sign_and_none_that_others_know(office: Office) -> None:
    ports = office.house.ports
    second = await call_back.rotate_own(ports, ADMIN, None, 60_000)
    third = await call_back.rotate_own(ports, ADMIN, None, 60_000)
    await office.ended(call_back=AskedBack(url="https://c.example/"))
    await office.courier.once()
    await call_back.rotate_own(ports, ADMIN, "whsec_" + "A" * 32, 0)
    await office.ended(call_back=AskedBack(url="https://c.example/"))
    await office.courier.once()
    assert [one.secrets for one in office.receivers.heard] == [
        (third.secret, second.secret), ("whsec_" + "A" * 32,),
    ]  # fmt: skip
    with pytest.raises(InvalidField, match="begins with whsec_"):
        await call_back.rotate_own(ports, ADMIN, signing_secret.fresh("v1a"), 0)
