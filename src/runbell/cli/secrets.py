"""`runbell secrets`: list, set and delete the secrets of a project. A value is never typed as an argument."""

import getpass
import sys
from typing import Final

from cyclopts import App

from runbell.cli.output import cell, put, put_table
from runbell.cli.phrases import ago
from runbell.cli.reaching import HERE, Common
from runbell.cli.trouble import Refusal

secrets: Final = App(name="secrets", help="List, set and delete secrets.")


@secrets.command
def ls(*, common: Common = HERE) -> int:
    """List the secrets, without their values."""
    with common.client() as client:
        found = list(client.secrets())
    rows = (
        (cell(one.name), ago(one.updated_at), ago(one.last_used_at) if one.last_used_at else "never",
         cell(", ".join(one.jobs)) or "-")
        for one in found
    )  # fmt: skip
    nothing = "No secrets. Try: runbell secrets set NAME"
    put(common.form, found, lambda: put_table(("NAME", "CHANGED", "USED", "JOBS"), rows, nothing))
    return 0


@secrets.command(name="set")
def set_(name: str, /, *, common: Common = HERE) -> int:
    """Set a secret; its value is asked for, or read from standard input (one line break at its end is not part of it).

    Parameters
    ----------
    name
        Its name: letters, digits, `.`, `_`, `-`.
    """
    value = _asked(name) if sys.stdin.isatty() else _read()
    with common.client() as client:
        made = client.put_secret(name, value)
    put(common.form, made, lambda: print(f"{made.name} is set (revision {made.revision})."))
    return 0


@secrets.command
def rm(name: str, /, *, common: Common = HERE) -> int:
    """Delete a secret. Jobs that name it fail from then on.

    Parameters
    ----------
    name
        Its name.
    """
    with common.client() as client:
        jobs = client.secret(name).jobs
        client.delete_secret(name)
    print(f"{name} is gone." + (f" These jobs name it and will fail: {', '.join(jobs)}." if jobs else ""))
    return 0


def _asked(name: str) -> str:
    value = getpass.getpass(f"Value of {name}: ")
    if value != getpass.getpass("Once more: "):
        raise Refusal("The two are not the same; nothing was changed.")
    return value


def _read() -> str:
    try:
        text = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        raise Refusal(
            "The value is not UTF-8; a secret is a text. Encode it (base64) and decode it in the job."
        ) from None
    return text.removesuffix("\n").removesuffix("\r")
