"""`runbell users`: people and service accounts, and their sign-ins."""

from typing import Annotated, Any, Final, Literal

from cyclopts import App, Parameter

from runbell.cli.admitting import pairs
from runbell.cli.config import asked
from runbell.cli.output import cell, put, put_members, put_table
from runbell.cli.phrases import ago
from runbell.cli.reaching import HERE, Common

users: Final = App(name="users", help="List, show, make and delete users; see and end their sign-ins.")


@users.command
def ls(*, common: Common = HERE) -> int:
    """List the users."""
    with common.client() as client:
        found = list(client.users())
    rows = (
        (cell(one.name), one.kind, _roles(one.roles), "disabled" if one.disabled else "enabled", ago(one.last_used_at))
        for one in found
    )
    put(common.form, found, lambda: put_table(("NAME", "KIND", "ROLES", "STATE", "LAST USED"), rows, "No users."))
    return 0


@users.command
def show(user: str, /, *, common: Common = HERE) -> int:
    """Show a user.

    Parameters
    ----------
    user
        The name.
    """
    with common.client() as client:
        one = client.user(user)
    members = [("name", cell(one.name)), ("id", one.id), ("kind", one.kind), ("title", cell(one.title)),
               ("roles", _roles(one.roles)), ("password", "set" if one.has_password else "none"),
               ("disabled", one.disabled_at or ""), ("created", one.created_at)]  # fmt: skip
    put(common.form, one, lambda: put_members(members))
    return 0


@users.command
def create(
    user: str,
    /,
    *,
    role: Annotated[list[str] | None, Parameter(name=("--role", "-r"), negative="")] = None,
    kind: Literal["person", "service"] = "person",
    title: str = "",
    password: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    common: Common = HERE,
) -> int:
    """Make a user, or change the roles of one.

    Parameters
    ----------
    user
        The name.
    role
        PROJECT=ROLE, or *=ROLE for every project; roles are guest, viewer, operator, author, admin. May be repeated.
    kind
        A person signs in with a password; a service account only uses the API.
    title
        What people read.
    password
        Ask for the password, or read it from stdin; without it the one that there is stays.
    """
    members: dict[str, Any] = {"kind": kind, "title": title, "roles": pairs(role, "PROJECT=ROLE or *=ROLE")}
    if password:
        members["password"] = asked(f"Password of {user}: ")
    with common.client() as client:
        one = client.put_user(user, members)
    put(common.form, one, lambda: print(f"{cell(one.name)} is there: {_roles(one.roles)}."))
    return 0


@users.command
def rm(user: str, /, *, common: Common = HERE) -> int:
    """Delete a user; every key, client and sign-in of the user opens nothing from then on.

    Parameters
    ----------
    user
        The name.
    """
    with common.client() as client:
        one = client.user(user)
        client.delete_user(user)
    put(common.form, one, lambda: print(f"{cell(one.name)} is deleted."))
    return 0


@users.command
def sessions(user: str | None = None, /, *, common: Common = HERE) -> int:
    """List the sign-ins that are still good.

    Parameters
    ----------
    user
        Only those of this user.
    """
    with common.client() as client:
        found = list(client.sessions(user=user))
    rows = ((one.id, cell(one.subject), cell(one.client), ago(one.created_at), ago(one.expires_at)) for one in found)
    put(common.form, found, lambda: put_table(("ID", "WHO", "CLIENT", "BEGAN", "ENDS"), rows, "No sign-ins."))
    return 0


@users.command(name="sign-out")
def sign_out(session: str, /, *, common: Common = HERE) -> int:
    """End a sign-in, and its tokens.

    Parameters
    ----------
    session
        The id of the sign-in, as runbell users sessions lists it.
    """
    with common.client() as client:
        client.end_session(session)
    put(common.form, {"id": session}, lambda: print(f"The sign-in {session} is ended."))
    return 0


def _roles(roles: dict[str, str]) -> str:
    return cell(", ".join(f"{project}={role}" for project, role in roles.items()))
