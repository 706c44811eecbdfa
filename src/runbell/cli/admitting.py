"""What the commands about projects, users, clients and keys share: secrets on stdout alone, rights as typed."""

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from runbell.cli.output import cell, note, put
from runbell.cli.trouble import Refusal

if TYPE_CHECKING:
    from runbell.cli.reaching import Common
    from runbell.client.identity_answers import Grants

MANY = 4
Scopes = Annotated[
    list[str] | None,
    Parameter(
        name=("--scope", "-s"), negative="",
        help="A right, such as executions:run or executions:run:nightly-load; repeated, or separated by commas.",
    ),
]  # fmt: skip
"""Rights, repeated or separated by commas."""


def scopes_of(typed: list[str] | None) -> list[str] | None:
    """`-s jobs:read,logs:read -s executions:run:nightly-load` as a list."""
    if typed is None:
        return None
    return [one.strip() for text in typed for one in text.replace(",", " ").split()]


def rights(grants: "Grants | None", *, at_most: int = MANY) -> str:
    """Rights by project, in one cell; only how many where there are more than `at_most` for one project."""
    if grants is None:
        return "as its user"
    told = (
        f"{project}: {' '.join(scopes) if len(scopes) <= at_most else f'{len(scopes)} rights'}"
        for project, scopes in grants.items()
    )
    return cell("; ".join(told))


def put_secret(common: "Common", made: Any, secret: str, said: str) -> None:
    """A secret that is shown once: alone on stdout, so that it can be piped; what it is for on stderr."""
    note(f"{said} It is shown this once:")
    put(common.form, made, lambda: print(secret))


def pairs(typed: list[str] | None, what: str) -> dict[str, str]:
    """`NAME=VALUE` as it is typed, repeated. Raises Refusal."""
    found = {}
    for one in typed or ():
        name, equals, value = one.partition("=")
        if not (name and equals and value):
            raise Refusal(f"{one}: write it as {what}.")
        found[name] = value
    return found
