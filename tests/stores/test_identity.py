"""Those who can be a caller, on the table: unique names, guarded changes, and ends that take everything along."""

from typing import Any

import pytest

from runbell.domain.fault import Fault
from runbell.domain.faults import InUse, InvalidField, NotFound, RevisionMismatch
from runbell.domain.principals import ClientSecret
from runbell.ports.audit_table import AuditQuery
from runbell.ports.identity_table import (
    PutClient,
    PutCode,
    PutDevice,
    PutKey,
    PutProject,
    PutToken,
    PutUser,
    Remove,
    Revoke,
    Use,
)
from runbell.ports.store import Store
from tests.builders import NOON
from tests.house_of_cards import ADMIN
from tests.stores.builders import a_job
from tests.stores.principals import a_client, a_code, a_device, a_key, a_project, a_secret, a_token, a_user

pytestmark = pytest.mark.anyio


async def refused(fault: type[Fault], call: Any) -> str:
    """The sentence of the refusal."""
    with pytest.raises(fault) as caught:
        await call
    return caught.value.detail


async def test_the_default_project_is_there_from_the_start(store: Store) -> None:
    (first,) = await store.projects("", 9)
    assert (first.name, first.number, first.revision) == ("default", 1, 1)
    assert len(first.id) == 36


async def test_a_project_is_found_by_its_name_and_by_what_others_call_it(store: Store) -> None:
    made = await store.put_project(PutProject(project=a_project(ids={"des": "ORG", "adverity": 7})))
    assert made.number == 2
    assert await store.project("finance") == await store.project_by_id("des", "ORG") == made
    assert await store.project_by_id("adverity", "7") == made
    assert await store.project_by_id("infolink", "7") is None
    assert [one.name for one in await store.projects("default", 9)] == ["finance"]
    put = PutProject(project=a_project("b", ids={"adverity": "7"}))
    assert "adverity id 7" in await refused(InvalidField, store.put_project(put))
    await store.put_project(PutProject(project=a_project(ids={})))
    assert await store.project_by_id("des", "ORG") is None


async def test_a_change_is_made_on_the_revision_that_it_names(store: Store) -> None:
    await store.put_project(PutProject(project=a_project()))
    await store.put_user(PutUser(user=a_user()))
    await store.put_client(PutClient(client=a_client()))
    await store.put_key(PutKey(key=a_key()))
    for put in (
        lambda revision: store.put_project(PutProject(project=a_project(), if_revision=revision)),
        lambda revision: store.put_user(PutUser(user=a_user(), if_revision=revision)),
        lambda revision: store.put_client(PutClient(client=a_client(), if_revision=revision)),
        lambda revision: store.put_key(PutKey(key=a_key(), if_revision=revision)),
    ):
        assert (await put(1)).revision == 2
        await refused(RevisionMismatch, put(1))
    for kind, name in (("project", "finance"), ("user", "u1"), ("client", "etl"), ("key", "k1")):
        await refused(RevisionMismatch, store.remove(Remove(kind=kind, name=name, if_revision=1)))  # type: ignore[arg-type]
        assert await store.remove(Remove(kind=kind, name=name, if_revision=2)) is True  # type: ignore[arg-type]
        assert await store.remove(Remove(kind=kind, name=name)) is False  # type: ignore[arg-type]
    await refused(NotFound, store.put_user(PutUser(user=a_user(), if_revision=1)))


async def test_names_are_taken_once(store: Store) -> None:
    await store.put_user(PutUser(user=a_user("Anna")))
    assert (await store.user_by_name("aNNa")) == await store.user("u1")
    await refused(InvalidField, store.put_user(PutUser(user=a_user("ANNA", id="u2"), create=True)))
    await refused(InvalidField, store.put_user(PutUser(user=a_user("anna"), create=True)))
    await store.put_client(PutClient(client=a_client()))
    await store.put_project(PutProject(project=a_project()))
    await refused(InvalidField, store.put_client(PutClient(client=a_client(), create=True)))
    await refused(InvalidField, store.put_client(PutClient(client=a_client(project="finance", grants={}))))
    await store.put_key(PutKey(key=a_key(), create=True))
    await refused(InvalidField, store.put_key(PutKey(key=a_key(id="k2", digest=b"2"), create=True)))
    await store.put_key(PutKey(key=a_key(id="k2", digest=b"2", project="finance", grants={}), create=True))
    await store.put_key(PutKey(key=a_key("other", id="k3")))
    await refused(InvalidField, store.put_key(PutKey(key=a_key("nightly", id="k3"))))


async def test_rights_are_given_only_where_there_is_a_project_and_a_user(store: Store) -> None:
    for call in (
        store.put_user(PutUser(user=a_user(roles={"nowhere": "viewer"}))),
        store.put_client(PutClient(client=a_client(grants={"nowhere": ("jobs:read",)}))),
        store.put_client(PutClient(client=a_client(project="nowhere"))),
        store.put_client(PutClient(client=a_client(user="nobody"))),
        store.put_key(PutKey(key=a_key(project="nowhere"))),
        store.put_key(PutKey(key=a_key(user="nobody"))),
    ):
        await refused(InvalidField, call)
    assert await store.user("u1") is await store.client("etl") is await store.key("k1") is None


async def test_a_project_goes_only_when_nobody_holds_anything_in_it(store: Store) -> None:
    remove = Remove(kind="project", name="finance")
    await store.put_project(PutProject(project=a_project(ids={"des": "ORG"})))
    await store.put_user(PutUser(user=a_user(roles={"finance": "viewer", "*": "viewer"})))
    assert "users" in await refused(InUse, store.remove(remove))
    await store.put_user(PutUser(user=a_user()))
    await store.put_client(PutClient(client=a_client(grants={"finance": ("jobs:read",)})))
    assert "clients" in await refused(InUse, store.remove(remove))
    await store.remove(Remove(kind="client", name="etl"))
    await store.put_key(PutKey(key=a_key(project="finance", grants={})))
    assert "keys" in await refused(InUse, store.remove(remove))
    await store.remove(Remove(kind="key", name="k1"))
    await a_job(store, project="finance")
    assert "jobs" in await refused(InUse, store.remove(remove))
    await store.put_project(PutProject(project=a_project("empty", ids={"des": "ORG2"})))
    assert await store.remove(Remove(kind="project", name="empty"))
    assert await store.project_by_id("des", "ORG2") is None


async def test_who_is_disabled_or_has_another_password_has_no_tokens_left(store: Store) -> None:
    await store.put_user(PutUser(user=a_user()))
    await store.put_client(PutClient(client=a_client(user="u1")))
    for change, left in (
        (a_user(password="x"), [False, True]), (a_user(title="x", password="x"), [True, True]),
        (a_user(disabled_at=1, password="x"), [False, False]),
    ):  # fmt: skip
        mine = a_token(b"mine", subject="user:u1", client="cli", session="a")
        await store.put_token(PutToken(tokens=(mine, a_token(b"client")), at=NOON))
        await store.put_user(PutUser(user=change))
        assert [await store.token(one) is not None for one in (b"mine", b"client")] == left
        await store.revoke(Revoke(session="a"))
        await store.revoke(Revoke(client="etl"))


async def test_who_is_removed_takes_along_all_that_hung_on_him(store: Store) -> None:
    await store.put_user(PutUser(user=a_user()))
    await store.put_client(PutClient(client=a_client(user="u1", secrets=(a_secret(),))))
    await store.put_client(PutClient(client=a_client("stays")))
    await store.put_key(PutKey(key=a_key(user="u1")))
    mine = a_token(b"mine", subject="user:u1", client="cli")
    await store.put_token(PutToken(tokens=(mine, a_token(b"of client"), a_token(b"other", client="stays")), at=NOON))
    assert await store.remove(Remove(kind="user", name="u1", audit=ADMIN.did("users.delete", "anna", NOON)))
    assert await store.user("u1") is await store.client("etl") is await store.key("k1") is None
    assert [await store.token(one) is not None for one in (b"mine", b"of client", b"other")] == [False, False, True]
    assert await store.client("stays") is not None
    assert [line.entry.action for line in (await store.audit(AuditQuery(project=None))).items] == ["users.delete"]


async def test_secrets_overlap_end_and_remember_their_use(store: Store) -> None:
    one, two = a_secret("s1"), a_secret("s2", created_at=NOON + 1)
    await store.put_client(PutClient(client=a_client(secrets=(one, two))))
    await store.used([Use("secret", "s1", NOON + 5), Use("user", "nobody", NOON)])
    found = await store.client("etl")
    assert found is not None
    assert [(secret.id, secret.last_used_at) for secret in found.secrets] == [("s1", NOON + 5), ("s2", None)]
    ended = ClientSecret(id="s1", digest=one.digest, created_at=NOON, expires_at=NOON + 9)
    await store.put_client(PutClient(client=a_client(secrets=(ended, two))))
    of_one, of_two = a_token(b"1", about={"secret": "s1"}), a_token(b"2", about={"secret": "s2"})
    await store.put_token(PutToken(tokens=(of_one, of_two), at=NOON))
    found = await store.client("etl")
    assert found is not None
    assert (found.secrets[0].expires_at, found.secrets[0].last_used_at) == (NOON + 9, NOON + 5)
    await store.put_client(PutClient(client=a_client(secrets=(two,))))
    assert await store.token(b"1") is None
    assert await store.token(b"2") is not None


async def test_a_refresh_token_is_spent_once_and_a_thief_ends_the_session(store: Store) -> None:
    await store.put_token(PutToken(tokens=(a_token(b"r1", kind="refresh"), a_token(b"a1")), at=NOON))
    second = a_token(b"r2", kind="refresh")
    assert await store.put_token(PutToken(tokens=(second,), at=NOON, spends=b"r1", grace_ms=10))
    spent = await store.token(b"r1")
    assert spent is not None
    assert spent.spent_at == NOON
    again = PutToken(tokens=(a_token(b"a2"),), at=NOON + 10, spends=b"r1", grace_ms=10)
    assert await store.put_token(again)
    theft = PutToken(tokens=(a_token(b"a3"),), at=NOON + 11, spends=b"r1", grace_ms=10)
    assert not await store.put_token(theft)
    assert [await store.token(one) for one in (b"r1", b"r2", b"a1", b"a2", b"a3")] == [None] * 5
    assert not await store.put_token(PutToken(tokens=(), at=NOON, spends=b"unknown"))


async def test_tokens_are_ended_by_what_they_hang_on_and_forgotten_when_they_are_over(store: Store) -> None:
    for which, left in (
        (Revoke(digest=b"1"), [False, True]), (Revoke(session="x1"), [False, False]),
        (Revoke(subject="client:etl"), [False, True]), (Revoke(client="etl"), [False, True]), (Revoke(), [True, True]),
    ):  # fmt: skip
        tokens = (a_token(b"1"), a_token(b"2", subject="user:u1", client="cli"))
        await store.put_token(PutToken(tokens=tokens, at=NOON))
        assert await store.revoke(which) == left.count(False)
        assert [await store.token(one) is not None for one in (b"1", b"2")] == left
        await store.revoke(Revoke(session="x1"))
    await store.put_token(PutToken(tokens=(a_token(b"old", expires_at=NOON + 1),), at=NOON))
    await store.put_token(PutToken(tokens=(a_token(b"new"),), at=NOON + 2))
    assert await store.token(b"old") is None


async def test_sign_ins_are_listed_by_session(store: Store) -> None:
    tokens = (
        a_token(b"1", kind="refresh", session="a", subject="user:u1"), a_token(b"2", session="b"),
        a_token(b"3", kind="refresh", session="c", subject="user:u2"),
    )  # fmt: skip
    await store.put_token(PutToken(tokens=tokens, at=NOON))
    assert [one.session for one in await store.sessions(None, "", 9)] == ["a", "c"]
    assert [one.session for one in await store.sessions(None, "a", 9)] == ["c"]
    assert [one.session for one in await store.sessions("user:u1", "", 9)] == ["a"]
    assert [one.session for one in await store.sessions(None, "", 1)] == ["a"]


async def test_a_device_is_found_by_both_its_codes_until_it_is_over(store: Store) -> None:
    await store.put_device(PutDevice(device=a_device()))
    approved = a_device(user="u1", polled_at=NOON + 1)
    await store.put_device(PutDevice(device=approved))
    assert await store.device(b"d1") == await store.device_by_code("AB") == approved
    later = a_device(digest=b"d2", user_code="CD", created_at=NOON + 60_010, expires_at=NOON + 90_000)
    await store.put_device(PutDevice(device=later))
    assert await store.device(b"d1") is await store.device_by_code("AB") is None


async def test_a_code_gives_its_tokens_once_and_a_second_time_ends_them(store: Store) -> None:
    code, of_it, other = a_code(), a_token(b"1"), a_token(b"2", session="x2")
    await store.put_code(PutCode(code=code))
    assert await store.code(b"c1") == code
    assert await store.put_token(PutToken(tokens=(of_it,), at=NOON, code=b"c1"))
    await store.put_token(PutToken(tokens=(other,), at=NOON))
    assert await store.code(b"c1") is None
    assert await store.token_of("x1") == of_it
    assert not await store.put_token(PutToken(tokens=(a_token(b"3"),), at=NOON, code=b"c1"))
    assert [await store.token(one) is not None for one in (b"1", b"2", b"3")] == [False, True, False]
    assert await store.token_of("x1") is None


async def test_a_code_ends_unused_when_it_is_burnt_over_or_its_person_has_another_password(store: Store) -> None:
    await store.put_user(PutUser(user=a_user()))
    await store.put_code(PutCode(code=a_code(b"burnt")))
    await store.put_code(PutCode(code=a_code(b"burnt"), burn=True))
    assert await store.code(b"burnt") is None
    await store.put_code(PutCode(code=a_code(b"late")))
    await store.put_code(PutCode(code=a_code(b"next", created_at=NOON + 60_001)))
    assert await store.code(b"late") is None
    await store.put_user(PutUser(user=a_user(title="Anna")))
    assert await store.code(b"next") is not None
    await store.put_user(PutUser(user=a_user(password="new")))
    assert await store.code(b"next") is None
