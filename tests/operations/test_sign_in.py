"""A password lets in the kind of account that a door is for, and leaves a trace when it is wrong."""

from pathlib import Path

import pytest

from runbell.domain.principals import User
from runbell.operations.sign_in import CannotSignIn, with_password
from runbell.operations.tokens import Whence
from runbell.ports.audit_table import AuditQuery
from runbell.ports.identity_table import PutUser
from tests.house_of_cards import House, a_house

pytestmark = pytest.mark.anyio
HERE = Whence("192.0.2.7", "r1")


async def an_account(house: House, name: str, **more: object) -> None:
    kept = await house.ports.passwords.hash("right")
    user = User(id=f"id-{name}", name=name, password=kept, created_at=house.clock.at, **more)  # type: ignore[arg-type]
    await house.ports.store.put_user(PutUser(user=user, create=True))


async def test_a_service_account_signs_in_only_where_service_accounts_may(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await an_account(house, "robot", kind="service")
        await an_account(house, "Ada")
        assert (await with_password(house.ports, "ROBOT", "right", HERE, kind="service")).name == "robot"
        for name, kind in (("robot", "person"), ("Ada", "service")):
            with pytest.raises(CannotSignIn):
                await with_password(house.ports, name, "right", HERE, kind=kind)  # type: ignore[arg-type]
        await house.ports.uses.settle()
        used = await house.ports.store.user("id-robot")
        assert used is not None
        assert used.last_used_at == house.clock.at


async def test_a_wrong_password_stands_in_the_audit_log(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        with pytest.raises(CannotSignIn):
            await with_password(house.ports, "nobody", "wrong", HERE)
        await house.ports.denials.flush(house.ports.store, house.clock.at)
        (line,) = (await house.ports.store.audit(AuditQuery(project=None))).items
        assert (line.entry.actor, line.entry.action, line.entry.outcome) == ("user:nobody", "sign_in", "denied")
        assert line.entry.address == "192.0.2.7"
