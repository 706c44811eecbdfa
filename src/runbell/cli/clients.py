"""`runbell clients`: OAuth clients and their secrets. A secret is shown once, alone on stdout."""

from typing import Annotated, Final

from cyclopts import App, Parameter

from runbell.cli.admitting import Scopes, put_secret, rights, scopes_of
from runbell.cli.keys import moment_of
from runbell.cli.output import cell, note, put, put_members, put_table
from runbell.cli.phrases import ago, count
from runbell.cli.reaching import HERE, Common

RedirectUris = Annotated[list[str] | None, Parameter(negative="")]
clients: Final = App(name="clients", help="List, show, make and delete OAuth clients; give them new secrets.")


@clients.command
def ls(*, common: Common = HERE) -> int:
    """List the OAuth clients of the project."""
    with common.client() as client:
        found = list(client.clients())
    rows = (
        (cell(one.id), cell(one.name), cell(one.user), rights(one.grants),
         "public" if one.public else count(len(one.secrets), "secret"), "disabled" if one.disabled else "enabled")
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
               ("rights", rights(one.grants, at_most=99)), ("redirect URIs", cell(" ".join(one.redirect_uris))),
               ("created", one.created_at)]  # fmt: skip
    rows = ((one.id, ago(one.created_at), ago(one.expires_at), ago(one.last_used_at)) for one in one.secrets)

    none = "It is public: it has no secret." if one.public else "It has no secrets."

    def people() -> None:
        put_members(members)
        print()
        put_table(("SECRET", "CREATED", "ENDS", "LAST USED"), rows, none)

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
    redirect_uri: RedirectUris = None,
    public: bool = False,
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
    redirect_uri
        Where people whom it sends to sign in are sent back to; repeated.
    public
        It runs where no secret can be kept, gets none, and only signs people in; its id goes to stdout.
    """
    with common.client() as server:
        made = server.create_client(
            name=name, scopes=scopes_of(scope), user=user, id=client_id, redirect_uris=redirect_uri or (), public=public
        )
    said = f"The client {made.id} may do {rights(made.grants)}"
    if made.secret is None:
        note(f"{said}, for people who sign in. It has no secret.")
        put(common.form, made, lambda: print(cell(made.id)))
    else:
        put_secret(common, made, made.secret, f"{said}.")
    return 0


@clients.command(name="redirect-uris")
def redirect_uris(client: str, /, *uris: str, common: Common = HERE) -> int:
    """Set the addresses to which people may be sent back by an OAuth client, in place of those that it has.

    Parameters
    ----------
    client
        Its id.
    uris
        All of them, each whole: https://app.example.com/callback. None: it signs nobody in by a browser any more.
    """
    with common.client() as server:
        made = server.set_redirect_uris(client, uris)
    put(
        common.form,
        made,
        lambda: print("\n".join(map(cell, made.redirect_uris)) or "It sends nobody back."),
    )
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
