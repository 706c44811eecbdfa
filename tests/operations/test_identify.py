"""Who is asking: what a key, a client and a user may do, and that every doubt ends in a refusal."""

from pathlib import Path
from typing import Any

import pytest

from runbell.domain.faults import InsufficientScope, InvalidToken, NotFound
from runbell.domain.grants import written
from runbell.domain.identity import SCOPES
from runbell.domain.principals import READING
from runbell.operations.identify import Principal, digest, identify, make_key, new_secret, principal_of
from runbell.operations.ports import Ports
from runbell.ports.identity_table import PutClient, PutKey, PutProject, PutUser, Remove
from tests.house_of_cards import a_house
from tests.stores.principals import a_client, a_key, a_project, a_user

pytestmark = pytest.mark.anyio
RUN = {"default": ("executions:run", "jobs:read")}


async def keyed(ports: Ports, **fields: Any) -> str:
    """A key of these fields; answers its text."""
    key_id, text = new_secret()
    await ports.store.put_key(PutKey(key=a_key(id=key_id, digest=digest(text), **fields)))
    return text


async def refused(ports: Ports, presented: str, **how: Any) -> bool:
    with pytest.raises(InvalidToken):
        await identify(ports, presented, **how)
    return True


async def test_a_key_of_its_own_may_what_it_was_granted(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        found = await identify(house.ports, await keyed(house.ports, grants=RUN))
        assert (found.client, found.home, found.user) == ("key:nightly", "default", None)
        assert written(found.held) == {"default": ["executions:run", "jobs:read"]}


async def test_the_same_name_in_two_projects_is_two_callers(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.ports.store.put_project(PutProject(project=a_project("finance")))
        one = await identify(house.ports, await keyed(house.ports))
        other = await identify(house.ports, await keyed(house.ports, project="finance", grants={"finance": READING}))
        assert (one.client, other.client) == ("key:nightly", "key:finance/nightly")


async def test_a_key_of_a_user_never_reaches_beyond_his_roles_as_they_are_now(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        store = house.ports.store
        await store.put_user(PutUser(user=a_user(roles={"default": "viewer"})))
        whole = await keyed(house.ports, user="u1", grants=None)
        narrow = await keyed(house.ports, name="narrow", user="u1", grants=RUN)
        assert written((await identify(house.ports, whole)).held) == {"default": sorted(READING)}
        assert written((await identify(house.ports, narrow)).held) == {"default": ["jobs:read"]}
        await store.put_user(PutUser(user=a_user(roles={"default": "operator"})))
        assert written((await identify(house.ports, narrow)).held) == {"default": ["executions:run", "jobs:read"]}
        await store.put_user(PutUser(user=a_user(roles={"default": "guest"})))
        assert await refused(house.ports, whole)
        assert await refused(house.ports, narrow)


async def test_the_key_of_a_user_who_is_disabled_gone_or_unknown_is_refused(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        store = house.ports.store
        await store.put_user(PutUser(user=a_user()))
        key = await keyed(house.ports, user="u1", grants=RUN)
        await identify(house.ports, key)
        await store.put_user(PutUser(user=a_user(disabled_at=1)))
        assert await refused(house.ports, key)
        await store.put_user(PutUser(user=a_user(roles={"default": "no such role"})))
        assert await refused(house.ports, key)
        await store.remove(Remove(kind="user", name="u1"))
        assert await refused(house.ports, key)


async def test_a_key_without_any_right_is_nobody(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        assert await refused(house.ports, await keyed(house.ports, grants=None))
        assert await refused(house.ports, await keyed(house.ports, name="b", grants={}))


async def test_a_key_for_other_doors_is_refused_here(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        key = await keyed(house.ports, surfaces=("infolink", "dvsum"))
        assert await refused(house.ports, key)
        assert (await identify(house.ports, key, "infolink")).client == "key:nightly"


async def test_what_is_unknown_mistyped_or_expired_is_refused(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        key = await keyed(house.ports, expires_at=house.clock.at + 1)
        await identify(house.ports, key)
        for wrong in ("", "x", key[:-1], key + "0", key.replace("rb_key_", "rb_key_0"), new_secret()[1]):
            assert await refused(house.ports, wrong)
        house.clock.at += 1
        assert await refused(house.ports, key)


async def test_a_client_runs_within_its_own_rights_and_the_roles_of_its_user(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        store = house.ports.store
        everything = {"*": SCOPES}
        await store.put_client(PutClient(client=a_client(grants=RUN)))
        alone = await principal_of(house.ports, "client:etl")
        assert (alone.client, written(alone.held)) == ("client:etl", {"default": ["executions:run", "jobs:read"]})
        await store.put_user(PutUser(user=a_user(roles={"*": "viewer"})))
        await store.put_client(PutClient(client=a_client(grants=everything, user="u1")))
        found = await principal_of(house.ports, "client:etl", granted=RUN)
        assert (found.user, written(found.held)) == ("anna", {"default": ["jobs:read"]})
        await store.put_user(PutUser(user=a_user(disabled_at=1)))
        with pytest.raises(InvalidToken):
            await principal_of(house.ports, "client:etl")


@pytest.mark.parametrize("subject", ["client:etl", "user:u1", "client:", "user:", "", "key:k1", "admin"])
async def test_a_subject_that_is_not_there_is_nobody(tmp_path: Path, subject: str) -> None:
    async with a_house(tmp_path, serving=False) as house:
        with pytest.raises(InvalidToken):
            await principal_of(house.ports, subject)


async def test_a_disabled_client_and_a_disabled_user_are_nobody(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.ports.store.put_client(PutClient(client=a_client(disabled_at=1)))
        await house.ports.store.put_user(PutUser(user=a_user(disabled_at=1)))
        for subject in ("client:etl", "user:u1"):
            with pytest.raises(InvalidToken):
                await principal_of(house.ports, subject)


async def test_a_guest_may_look_at_the_console_and_use_no_api(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.ports.store.put_user(PutUser(user=a_user(roles={"default": "guest"})))
        found = await principal_of(house.ports, "user:u1", api=False)
        assert (found.home, written(found.held)) == ("default", {"default": sorted(READING)})
        with pytest.raises(InvalidToken):
            await principal_of(house.ports, "user:u1")


async def test_a_user_is_at_home_where_he_has_a_role(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        for name in ("beta", "alpha"):
            await house.ports.store.put_project(PutProject(project=a_project(name)))
        for roles, home in (({"beta": "viewer", "alpha": "viewer"}, "alpha"), ({"*": "viewer"}, "default")):
            await house.ports.store.put_user(PutUser(user=a_user(roles=roles)))
            assert (await principal_of(house.ports, "user:u1")).home == home


def a_principal(**held: Any) -> Principal:
    return Principal(
        "key:x", "home", {name.replace("everywhere", "*"): rights for name, rights in held.items()}, "key:1"
    )


def test_rights_add_up_and_a_server_wide_one_is_held_for_every_project() -> None:
    one = a_principal(
        home={"jobs:read": frozenset({"load"})}, everywhere={"users:admin": None, "jobs:read": frozenset({"x"})}
    )
    assert one.acting("jobs:read").jobs == {"load", "x"}
    assert one.acting("jobs:read", "other").jobs == {"x"}
    assert one.acting("users:admin", where="server").project == "*"
    with pytest.raises(InsufficientScope, match="for every project"):
        a_principal(home={"users:admin": None}).acting("users:admin", where="server")
    assert one.acting(None).jobs is None


def test_a_project_without_any_right_is_not_there() -> None:
    with pytest.raises(NotFound):
        a_principal(home={"jobs:read": None}).acting("jobs:read", "other")
    with pytest.raises(InsufficientScope):
        a_principal(home={"jobs:read": None}).acting("jobs:write")
    with pytest.raises(InsufficientScope):
        a_principal(other={"jobs:read": None}).acting("jobs:read")
    assert a_principal(other={"projects:admin": None}).acting("projects:admin", where="any").project == "home"


async def test_a_use_is_written_behind_the_request_and_at_most_once_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_house(tmp_path, serving=False) as house:
        store, written_down = house.ports.store, []
        used = store.used

        async def note(uses: Any) -> None:
            written_down.append([use.at for use in uses])
            await used(uses)

        monkeypatch.setattr(store, "used", note)
        key = await make_key(store, house.clock, "load")
        began = house.clock.at
        for later in (0, 1, 59_999, 60_000, 60_001):
            house.clock.at = began + later
            await identify(house.ports, key)
            assert len(written_down) <= 1 if later < 60_000 else len(written_down) <= 2
        await house.ports.uses.settle()
        assert written_down == [[began, began + 60_000]] or written_down == [[began], [began + 60_000]]


async def test_a_use_that_cannot_be_written_hurts_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_house(tmp_path, serving=False) as house:

        async def broken(_: Any) -> None:
            raise OSError("no disk")

        key = await make_key(house.ports.store, house.clock, "load")
        monkeypatch.setattr(house.ports.store, "used", broken)
        assert (await identify(house.ports, key)).client == "key:load"
        await house.ports.uses.settle()
