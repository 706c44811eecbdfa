"""Projects: look, make, change, delete. Who is not an administrator of a project does not see that it is there."""

from typing import Final
from uuid import uuid4

from msgspec import structs

from runbell.domain import faults
from runbell.domain.identity import DEFAULT_PROJECT, EVERYWHERE, Actor
from runbell.domain.pointer import pointer
from runbell.domain.principals import Project
from runbell.operations import hand_on
from runbell.operations.identify import Principal, lacks, no_project
from runbell.operations.ports import Ports
from runbell.ports.identity_table import PutProject, Remove

RIGHT: Final = "projects:admin"


async def page(ports: Ports, principal: Principal, after: str, limit: int) -> list[Project]:
    """Up to `limit` projects by name that the caller administers, those after the name `after`."""
    if principal.reaches(RIGHT, EVERYWHERE):
        return await ports.store.projects(after, limit)
    mine = sorted(name for name in principal.held if name > after and principal.reaches(RIGHT, name))
    found = [await ports.store.project(name) for name in mine[:limit]]
    return [project for project in found if project is not None]


async def get(ports: Ports, principal: Principal, name: str) -> Project:
    """One project. Raises NotFound."""
    project = await ports.store.project(name) if principal.reaches(RIGHT, name) else None
    if project is None:
        raise no_project(name)
    return project


async def put(
    ports: Ports, principal: Principal, actor: Actor, name: str, title: str, ids: dict[str, int | str],
    if_revision: int | None,
) -> Project:  # fmt: skip
    """Make or change a project; the revision 1 is a new one. Making needs the right for every project.

    `ids`: what clients of the dialects know it by, where they do. Raises InvalidField, NotFound, RevisionMismatch.
    """
    if not principal.reaches(RIGHT, name):
        raise no_project(name)
    standing = await ports.store.project(name)
    if standing is None:
        if not principal.reaches(RIGHT, EVERYWHERE):
            raise no_project(name)
        hand_on.named(name, "/name", "project")
    known = [dialect for dialect, words in ports.vocabulary.items() if words.names_projects]
    for dialect in ids:
        hand_on.among(dialect, known, pointer("ids", dialect), "dialect whose clients know projects by ids")
    now = ports.clock.now()
    wanted = structs.replace(standing or fresh(name, now), title=title, ids=ids)
    audit = structs.replace(actor, project=name).did("projects.put", name, now)
    return await ports.store.put_project(PutProject(project=wanted, if_revision=if_revision, audit=audit))


async def delete(ports: Ports, principal: Principal, actor: Actor, name: str, if_revision: int | None) -> None:
    """Delete a project that is empty. Raises InUse, NotFound, InsufficientScope, RevisionMismatch."""
    await get(ports, principal, name)
    if not principal.reaches(RIGHT, EVERYWHERE):
        lacks(RIGHT, everywhere=True)
    if name == DEFAULT_PROJECT:
        raise faults.InUse(f"The project {DEFAULT_PROJECT} is always there; it cannot be deleted.")
    audit = structs.replace(actor, project=name).did("projects.delete", name, ports.clock.now())
    if not await ports.store.remove(Remove(kind="project", name=name, if_revision=if_revision, audit=audit)):
        raise no_project(name)


async def ensure(ports: Ports, actor: Actor, name: str) -> None:
    """Make the project that job files say they belong to, unless it is there."""
    if await ports.store.project(name) is None:
        now = ports.clock.now()
        put = PutProject(project=fresh(name, now), audit=actor.did("projects.put", name, now))
        await ports.store.put_project(put)


def fresh(name: str, at: int) -> Project:
    """A project that is not on the table yet; the store gives it its number."""
    return Project(name=name, number=0, id=str(uuid4()), created_at=at)
