"""A key that a user signs in for: the same one every time, worked out again and never kept."""

import asyncio
from pathlib import Path

import pytest

from runbell.domain.faults import InvalidToken
from runbell.domain.principals import User
from runbell.locks.vault import AesVault
from runbell.operations import standing_key
from runbell.operations.identify import digest, identify
from runbell.operations.sign_in import CannotSignIn
from runbell.operations.tokens import Whence
from runbell.ports.identity_table import PutKey, PutUser, Remove
from tests.house_of_cards import House, a_house

pytestmark = pytest.mark.anyio
HERE = Whence("192.0.2.7", "r1")


async def sign_in(house: House, name: str = "Ada") -> str:
    return (await standing_key.of_password(house.ports, name, "right", "adverity", HERE))[1]


async def a_user(house: House, name: str = "Ada", role: str = "operator") -> None:
    kept = await house.ports.passwords.hash("right")
    user = User(id=f"id-{name}", name=name, password=kept, roles={"default": role}, created_at=house.clock.at)
    await house.ports.store.put_user(PutUser(user=user, create=True))


async def test_it_opens_its_own_door_alone_with_the_rights_of_its_user(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await a_user(house)
        text = await sign_in(house)
        who = await identify(house.ports, text, "adverity")
        assert (who.user, who.home, who.expires_at) == ("Ada", "default", None)
        assert who.reaches("executions:run", "default")
        assert not who.reaches("jobs:write", "default")
        with pytest.raises(InvalidToken):
            await identify(house.ports, text, "native")


async def test_a_revoked_one_never_comes_back(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await a_user(house)
        first = await sign_in(house)
        (key,) = await house.ports.store.keys_of("id-Ada")
        await house.ports.store.remove(Remove(kind="key", name=key.id))
        assert await sign_in(house) != first
        with pytest.raises(InvalidToken):
            await identify(house.ports, first, "adverity")


async def test_an_end_that_an_administrator_set_is_kept_and_then_another_one_is_made(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await a_user(house)
        first = await sign_in(house)
        (key,) = await house.ports.store.keys_of("id-Ada")
        await house.ports.store.put_key(PutKey(key=key_with_end(key, house.clock.at + 10)))
        assert await sign_in(house) == first
        house.clock.at += 10
        second = await sign_in(house)
        assert second != first
        assert await sign_in(house) == second


def key_with_end(key: object, at: int) -> "standing_key.ApiKey":
    from msgspec import structs

    return structs.replace(key, expires_at=at)  # type: ignore[type-var]


async def test_two_sign_ins_at_once_get_one_key(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await a_user(house)
        texts = await asyncio.gather(*(sign_in(house) for _ in range(3)))
        assert len(set(texts)) == 1
        assert len(await house.ports.store.keys_of("id-Ada")) == 1


async def test_whoever_may_only_look_at_the_console_gets_none(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await a_user(house, role="guest")
        with pytest.raises(CannotSignIn):
            await sign_in(house)
        assert await house.ports.store.keys_of("id-Ada") == []


async def test_its_text_hangs_on_the_vaults_key_and_on_its_id() -> None:
    one, other = AesVault(bytes(32)), AesVault(bytes([1]) * 32)
    texts = {standing_key.text_of(vault, key) for vault in (one, other) for key in ("0a", "0b")}
    assert len(texts) == 4
    text = standing_key.text_of(one, "0a")
    assert standing_key.is_standing(one, text)
    for wrong in (text[:-1], "", "rb_key_", f"{text}x", standing_key.text_of(other, "0a"), "ü\udc80"):
        assert not standing_key.is_standing(one, wrong)
    assert digest(text) != digest(standing_key.text_of(one, "0b"))
