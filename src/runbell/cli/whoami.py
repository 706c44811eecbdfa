"""`runbell whoami`: who the server takes you for, and what you may do there."""

from runbell.cli.output import cell, put, put_members
from runbell.cli.reaching import HERE, Common


def whoami(*, common: Common = HERE) -> int:
    """Show who the server takes you for, and what you may do in which project."""
    with common.client() as client:
        who, url = client.whoami(), client.connection.url

    def people() -> None:
        put_members(
            [
                ("server", url),
                ("client", cell(who.client)),
                ("user", cell(who.user) if who.user else ""),
                ("project", cell(who.project)),
                *((f"rights in {project}", cell(", ".join(scopes))) for project, scopes in who.scopes.items()),
                ("until", who.expires_at or ""),
            ]
        )

    put(common.form, who, people)
    return 0
