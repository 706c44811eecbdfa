"""`runbell keys`: API keys. A key is shown once, alone on stdout."""

from datetime import UTC, datetime, timedelta
from typing import Final

from cyclopts import App

from runbell.cli.admitting import Scopes, put_secret, rights, scopes_of
from runbell.cli.output import cell, put, put_members, put_table
from runbell.cli.phrases import ago
from runbell.cli.reaching import HERE, Common
from runbell.cli.trouble import Refusal
from runbell.domain.durations import duration_ms

keys: Final = App(name="keys", help="List, show, make and delete API keys.")


@keys.command
def ls(*, common: Common = HERE) -> int:
    """List the API keys of the project."""
    with common.client() as client:
        found = list(client.keys())
    rows = (
        (one.id, cell(one.name), cell(one.user), rights(one.grants), ago(one.expires_at), ago(one.last_used_at))
        for one in found
    )
    titles = ("ID", "NAME", "USER", "RIGHTS", "ENDS", "LAST USED")
    put(common.form, found, lambda: put_table(titles, rows, "No keys."))
    return 0


@keys.command
def show(key: str, /, *, common: Common = HERE) -> int:
    """Show an API key: everything but itself.

    Parameters
    ----------
    key
        Its id.
    """
    with common.client() as client:
        one = client.key(key)
    members = [("id", one.id), ("name", cell(one.name)), ("project", cell(one.project)), ("user", one.user or ""),
               ("rights", rights(one.grants, at_most=99)), ("good at", ", ".join(one.surfaces) or "every door"),
               ("created", one.created_at), ("ends", one.expires_at or ""),
               ("last used", one.last_used_at or "")]  # fmt: skip
    put(common.form, one, lambda: put_members(members))
    return 0


@keys.command
def create(
    name: str,
    /,
    *,
    scope: Scopes = None,
    user: str | None = None,
    expires: str | None = None,
    common: Common = HERE,
) -> int:
    """Make an API key. The key alone goes to stdout, this once.

    Parameters
    ----------
    name
        What it is for.
    user
        The key lives and dies with this user, and opens at most what the user's roles allow.
    expires
        It ends after so long (12h 90d), or at a time (2031-04-07T02:00:00Z). Default: never.
    """
    ends = moment_of(expires)
    with common.client() as client:
        made = client.create_key(name, scopes=scopes_of(scope), user=user, expires_at=ends)
    put_secret(common, made, made.key, f"The key {made.id} opens {rights(made.grants)}.")
    return 0


@keys.command
def rm(key: str, /, *, common: Common = HERE) -> int:
    """Delete an API key; it opens nothing from then on.

    Parameters
    ----------
    key
        Its id.
    """
    with common.client() as client:
        one = client.key(key)
        client.delete_key(key)
    put(common.form, one, lambda: print(f"{one.id} ({cell(one.name)}) opens nothing any more."))
    return 0


def moment_of(typed: str | None, *, back: bool = False) -> str | None:
    """A duration from now (`back`: before now), or a time, as RFC 3339. Raises Refusal."""
    if typed is None:
        return None
    try:
        then = datetime.now(UTC) + timedelta(milliseconds=duration_ms(typed)) * (-1 if back else 1)
    except ValueError:
        try:
            then = datetime.fromisoformat(typed).astimezone(UTC)
        except ValueError:
            raise Refusal(f"{typed} is no time: give a duration (12h 90d) or 2031-04-07T02:00:00Z.") from None
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")
