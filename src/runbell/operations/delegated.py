"""A person's rights by way of a client: what both may. What either loses, the tokens that came of it lose too."""

from typing import Final

from runbell.domain import grants
from runbell.domain.faults import InvalidToken
from runbell.domain.identity import Grants
from runbell.operations.client_login import known_client
from runbell.operations.identify import OVER, Principal, principal_of
from runbell.operations.ports import Ports

NATIVE: Final = "native"


async def delegated(
    ports: Ports, subject: str, client_id: str, *, surface: str = NATIVE, granted: Grants | None = None,
    expires_at: int | None = None,
) -> Principal:  # fmt: skip
    """The principal of a token that `subject` has by way of a client, cut down to what was `granted` (None: all).

    At home in the client's project, where it has rights there. At the doors of vendors a person is not held to the
    client's rights: theirs know none. Raises InvalidToken as `principal_of` does, and when the client is gone,
    disabled, or leaves no right.
    """
    principal = await principal_of(ports, subject, granted=granted, expires_at=expires_at)
    if surface != NATIVE or not subject.startswith("user:"):
        return principal
    client = await known_client(ports, client_id)
    if client is None or client.disabled_at is not None:
        raise InvalidToken(OVER)
    held = grants.cut(principal.held, grants.read(client.grants))
    if not held:
        raise InvalidToken(OVER)
    home = principal.home if grants.within(held, client.project) is None else client.project
    return Principal(principal.client, home, held, subject, principal.user, principal.quota, principal.expires_at)
