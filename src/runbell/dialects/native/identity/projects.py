"""Endpoints for projects."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from runbell.dialects.native import asking
from runbell.dialects.native.identity import records
from runbell.dialects.native.identity.shapes import ProjectBody, ProjectShape, ProjectsPage
from runbell.domain.principals import Project
from runbell.http.answer import Answer
from runbell.http.cursor import Cursors
from runbell.http.request import Request
from runbell.http.times import rfc3339
from runbell.operations import projects

ROOT: Final = "/api/v1/projects/"


class Projects:
    """The endpoints, and the cursors of their list."""

    def __init__(self, cursors: Cursors) -> None:
        self._cursors = cursors

    async def page(self, request: Request) -> Answer:
        """One page of projects."""
        find = partial(projects.page, request.ports, request.principal)
        which = {"list": "projects"}
        return await records.paged(request, self._cursors, which, find, _name, _shapes, ProjectsPage)

    async def get(self, request: Request) -> Answer:
        """One project."""
        found = await projects.get(request.ports, request.principal, request.values["project"])
        return records.seen(request, found, _shape(found))

    async def put(self, request: Request) -> Answer:
        """Make or change a project."""
        asked, revision = await records.read(request, ProjectBody), asking.condition(request)
        name = request.values["project"]
        made = await projects.put(
            request.ports, request.principal, request.actor, name, asked.title, asked.ids, revision
        )
        new = made.revision == 1
        return records.seen(request, made, _shape(made), 201 if new else 200, ROOT + made.name if new else None)

    async def delete(self, request: Request) -> Answer:
        """Delete an empty project."""
        revision = asking.expected_revision(request)
        await projects.delete(request.ports, request.principal, request.actor, request.values["project"], revision)
        return Answer(204, [])


def _name(project: Project) -> str:
    return project.name


async def _shapes(found: Sequence[Project]) -> list[ProjectShape]:
    return [_shape(project) for project in found]


def _shape(project: Project) -> ProjectShape:
    return ProjectShape(
        name=project.name, number=project.number, id=project.id, title=project.title, ids=project.ids,
        revision=project.revision, created_at=rfc3339(project.created_at), links={"self": ROOT + project.name},
    )  # fmt: skip
