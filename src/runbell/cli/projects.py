"""`runbell projects`: places with jobs of their own."""

from typing import Annotated, Final

from cyclopts import App, Parameter

from runbell.cli.admitting import pairs
from runbell.cli.output import cell, put, put_members, put_table
from runbell.cli.phrases import ago
from runbell.cli.reaching import HERE, Common

projects: Final = App(name="projects", help="List, show, make and delete projects.")


@projects.command
def ls(*, common: Common = HERE) -> int:
    """List the projects that you may see."""
    with common.client() as client:
        found = list(client.projects())
    rows = ((cell(one.name), str(one.number), cell(one.title), ago(one.created_at)) for one in found)
    put(common.form, found, lambda: put_table(("NAME", "NUMBER", "TITLE", "CREATED"), rows, "No projects."))
    return 0


@projects.command
def show(project: str, /, *, common: Common = HERE) -> int:
    """Show a project.

    Parameters
    ----------
    project
        Its name.
    """
    with common.client() as client:
        one = client.project(project)
    ids = ", ".join(f"{dialect}={value}" for dialect, value in one.ids.items())
    members = [("name", cell(one.name)), ("number", str(one.number)), ("id", one.id), ("title", cell(one.title)),
               ("known as", cell(ids) if ids else ""), ("created", one.created_at)]  # fmt: skip
    put(common.form, one, lambda: put_members(members))
    return 0


@projects.command
def create(
    project: str,
    /,
    *,
    title: str = "",
    known_as: Annotated[list[str] | None, Parameter(negative="")] = None,
    common: Common = HERE,
) -> int:
    """Make a project, or change what it is called.

    Parameters
    ----------
    project
        Its name.
    title
        What people read.
    known_as
        What clients of a dialect know it by: DIALECT=ID. May be repeated.
    """
    ids = pairs(known_as, "DIALECT=ID: the name of a dialect, and what its clients call the project")
    with common.client() as client:
        one = client.put_project(project, title=title, ids=ids)
    put(common.form, one, lambda: print(f"{one.name} is there. Use it: --project {one.name}, RUNBELL_PROJECT"))
    return 0


@projects.command
def rm(project: str, /, *, common: Common = HERE) -> int:
    """Delete a project that holds nothing any more.

    Parameters
    ----------
    project
        Its name.
    """
    with common.client() as client:
        one = client.project(project)
        client.delete_project(project)
    put(common.form, one, lambda: print(f"{one.name} is deleted."))
    return 0
