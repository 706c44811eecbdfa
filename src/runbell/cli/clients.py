"""`runbell clients`: OAuth clients and their secrets. A secret is shown once, alone on stdout."""

from typing import Final

from cyclopts import App

from runbell.cli.admitting import Scopes, put_secret, rights, scopes_of
from runbell.cli.keys import moment_of
from runbell.cli.output import cell, put, put_members, put_table
from runbell.cli.phrases import ago, count
from runbell.cli.reaching import HERE, Common

clients: Final = App(name="clients", help="List, show, make and delete OAuth clients; give them new secrets.")


@clients.command
def ls(*, common: Common = HERE) -> int:
    """List the OAuth clients of the project."""
    with common.client() as client:
        found = list(client.clients())
    rows = (
        (cell(one.id), cell(one.name), cell(one.user), rights(one.grants), count(len(one.secrets), "secret"),
         "disabled" if one.disabled else "enabled")
        for one in found
    )  # fmt: skip
    titles = ("ID", "NAME", "USER", "RIGHTS", "SECRETS", "STATE")
    put(common.form, found, lambda: put_table(titles, rows, "No clients."))
    return 0


@clients.command
def show(client: str, /, *, common: Common = HERE) -> int:
    """Show an OAuth client, and when its secrets were used.

    Parameters
    ----------
    client
        Its id.
    """
    with common.client() as server:
        one = server.client(client)
    members = [("id", cell(one.id)), ("name", cell(one.name)), ("project", cell(one.project)), ("user", one.user or ""),
               ("rights", rights(one.grants, at_most=99)), ("created", one.created_at)]  # fmt: skip
    rows = ((one.id, ago(one.created_at), ago(one.expires_at), ago(one.last_used_at)) for one in one.secrets)

    def people() -> None:
        put_members(members)
        print()
        put_table(("SECRET", "CREATED", "ENDS", "LAST USED"), rows, "It has no secrets.")

    put(common.form, one, people)
    return 0


@clients.command
def create(
    name: str,
    /,
    *,
    scope: Scopes = None,
    user: str | None = None,
    client_id: str | None = None,
    common: Common = HERE,
) -> int:
    """Make an OAuth client. Its secret alone goes to stdout, this once; its id is said on stderr.

    Parameters
    ----------
    name
        What it is for.
    user
        It acts for this user, and may do at most what the user's roles allow.
    client_id
        The id that programs have already. Default: a new one.
    """
    with common.client() as server:
        made = server.create_client(name=name, scopes=scopes_of(scope), user=user, id=client_id)
    put_secret(common, made, made.secret, f"The client {made.id} may do {rights(made.grants)}.")
    return 0


@clients.command
def rotate(client: str, /, *, overlap: str | None = None, common: Common = HERE) -> int:
    """Give a client a new secret. The secret alone goes to stdout, this once; the one before stays good meanwhile.

    Parameters
    ----------
    client
        Its id.
    overlap
        The secret before ends after so long (1h 7d), or at a time. Default: it stays until it is removed.
    """
    with common.client() as server:
        made = server.rotate_client_secret(client, others_expire_at=moment_of(overlap))
    put_secret(common, made, made.secret, f"The secret {made.id} of {client} is good from now on.")
    return 0


@clients.command(name="rm-secret")
def rm_secret(client: str, secret: str, /, *, common: Common = HERE) -> int:
    """End a secret of a client, and the tokens that it was used for.

    Parameters
    ----------
    client
        Its id.
    secret
        The id of the secret, as runbell clients show lists it.
    """
    with common.client() as server:
        server.delete_client_secret(client, secret)
    put(common.form, {"client": client, "id": secret}, lambda: print(f"The secret {secret} opens nothing any more."))
    return 0


@clients.command
def rm(client: str, /, *, common: Common = HERE) -> int:
    """Delete an OAuth client; its secrets and tokens open nothing from then on.

    Parameters
    ----------
    client
        Its id.
    """
    with common.client() as server:
        one = server.client(client)
        server.delete_client(client)
    put(common.form, one, lambda: print(f"{cell(one.id)} ({cell(one.name)}) opens nothing any more."))
    return 0
