"""The secrets of projects on the table: sealed, with revisions, and with the jobs that name them."""

import pytest

from runbell.domain.audit import Entry
from runbell.domain.faults import NotFound, RevisionMismatch
from runbell.ports.audit_table import AuditQuery
from runbell.ports.secret_table import PutSecret, RemoveSecret, SecretRecord, SecretUses
from runbell.ports.store import Store
from tests.builders import NOON
from tests.stores.builders import a_put

pytestmark = pytest.mark.anyio


async def put(store: Store, name: str = "db", sealed: str = "sealed", project: str = "default", **more: object) -> int:
    asked = PutSecret(project=project, name=name, sealed=sealed, at=NOON, actor="key:a", **more)  # type: ignore[arg-type]
    return (await store.put_secret(asked)).secret.revision


async def test_a_secret_is_made_and_changed(store: Store) -> None:
    made = await store.put_secret(PutSecret(project="default", name="db", sealed="one", at=NOON, actor="key:a"))
    assert made.created
    assert made.secret == SecretRecord(
        project="default", name="db", revision=1, created_at=NOON, updated_at=NOON, updated_by="key:a",
        last_used_at=None,
    )  # fmt: skip
    again = await store.put_secret(PutSecret(project="default", name="db", sealed="two", at=NOON + 5, actor="key:b"))
    assert not again.created
    assert (again.secret.revision, again.secret.created_at, again.secret.updated_at) == (2, NOON, NOON + 5)
    assert await store.sealed_secrets("default", ("db", "missing")) == {"db": "two"}
    assert await store.sealed_secrets("other", ("db",)) == {}


async def test_a_change_that_expects_another_revision_is_refused(store: Store) -> None:
    await put(store)
    with pytest.raises(RevisionMismatch):
        await put(store, if_revision=2)
    with pytest.raises(RevisionMismatch):
        await put(store, "new", if_revision=1)
    with pytest.raises(RevisionMismatch):
        await store.remove_secret(RemoveSecret(project="default", name="db", if_revision=7))
    assert await put(store, if_revision=1) == 2


async def test_a_secret_that_is_deleted_is_gone(store: Store) -> None:
    await put(store)
    await store.remove_secret(RemoveSecret(project="default", name="db"))
    assert await store.project_secret("default", "db") is None
    with pytest.raises(NotFound):
        await store.remove_secret(RemoveSecret(project="default", name="db"))


async def test_a_page_holds_the_secrets_of_one_project_by_name(store: Store) -> None:
    for name in ("c", "a", "b"):
        await put(store, name)
    await put(store, "other", project="elsewhere")
    assert [one.name for one in await store.project_secrets("default", "", 2)] == ["a", "b"]
    assert [one.name for one in await store.project_secrets("default", "b", 5)] == ["c"]


async def test_the_jobs_whose_current_version_names_it_are_told(store: Store) -> None:
    await put(store)
    named = {"steps": [], "secrets": {"A": "db", "B": "db", "C": "other"}}
    await store.put_job(a_put("reads", definition=named))
    await store.put_job(a_put("read-once", definition=named))
    await store.put_job(a_put("read-once", definition={"steps": []}))
    await store.put_job(a_put("elsewhere", project="elsewhere", definition=named))
    found = await store.project_secret("default", "db")
    assert found is not None
    assert found.jobs == ("reads",)


async def test_a_job_names_a_secret_also_inside_a_step(store: Store) -> None:
    await put(store)
    for name, step in {
        "asks": {"sql": "select 1", "connection": "db"},
        "calls": {"http": {"url": "https://a.example/", "headers": {"A": "Bearer {secrets.db}"}}},
        "writes": {"shell": "echo {secrets.other} db"},
        "hands-over": {"job": "asks", "parameters": {"a": "db"}},
    }.items():
        await store.put_job(a_put(name, definition={"steps": [step]}))
    found = await store.project_secret("default", "db")
    assert found is not None
    assert found.jobs == ("asks", "calls")


async def test_the_last_use_only_grows_and_does_not_count_as_a_change(store: Store) -> None:
    await put(store)
    await store.secrets_used(SecretUses("default", ("db", "missing"), NOON + 9))
    await store.secrets_used(SecretUses("default", ("db",), NOON + 4))
    found = await store.project_secret("default", "db")
    assert found is not None
    assert (found.last_used_at, found.revision) == (NOON + 9, 1)


async def test_a_change_leaves_its_line_in_the_audit_log(store: Store) -> None:
    def said(action: str) -> Entry:
        return Entry(at=NOON, actor="key:a", action=action, project="default", object="db")

    await put(store, audit=said("secrets.put"))
    with pytest.raises(RevisionMismatch):
        await put(store, if_revision=9, audit=said("never"))
    await store.remove_secret(RemoveSecret(project="default", name="db", audit=said("secrets.delete")))
    lines = (await store.audit(AuditQuery(project="default"))).items
    assert [line.entry.action for line in lines] == ["secrets.delete", "secrets.put"]
