"""Keys of this vendor: `Token KEY` or `Bearer KEY`, and the key that a user's password is exchanged for.

https://docs.adverity.com/guides/management-api/authorizing-to-management-api.html
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from runbell.dialects.adverity.faults import NOWHERE, REQUIRED, CannotLogIn, invalid
from runbell.dialects.adverity.options import Options
from runbell.dialects.adverity.shapes import TokenShape
from runbell.dialects.adverity.wire import DIALECT
from runbell.domain.fault import Problem
from runbell.domain.faults import InvalidToken, Unauthenticated
from runbell.http.request import Request
from runbell.operations import standing_key
from runbell.operations.ports import Ports
from runbell.operations.sign_in import CannotSignIn
from runbell.operations.tokens import Whence
from runbell.ports.vault import Vault

WRONG: Final = "Unable to log in with provided credentials."
_SCHEMES: Final = ("token", "bearer")


def reader(vault: Vault, options: Options) -> Callable[[Request], Awaitable[tuple[str, bool]]]:
    """What reads the key of a request. No key of this vendor is a token: none has an end."""

    async def read(request: Request) -> tuple[str, bool]:
        scheme, _, key = (request.header(b"authorization") or "").strip().partition(" ")
        key = key.strip()
        if scheme.lower() not in _SCHEMES or not key:
            raise Unauthenticated("Send `Authorization: Token KEY`.")
        if not key.isascii() or not key.isprintable():
            raise InvalidToken("The key holds characters that no key has.")
        if options.strict_scheme and standing_key.is_standing(vault, key) != (scheme.lower() == "token"):
            raise InvalidToken("This key goes with the other scheme.")
        return key, False

    return read


async def log_in(ports: Ports, fields: dict[str, Any], whence: Whence) -> TokenShape:
    """The key for a name and a password; the same one every time. Raises InvalidField, CannotLogIn, QuotaExceeded."""
    name, password = fields.get("username"), fields.get("password")
    if not (isinstance(name, str) and isinstance(password, str) and name and password):
        given = {"username": name, "password": password}
        raise invalid(**{field: REQUIRED for field, value in given.items() if not (isinstance(value, str) and value)})
    try:
        user, text = await standing_key.of_password(ports, name, password, DIALECT, whence)
    except CannotSignIn:
        raise CannotLogIn(WRONG, problems=(Problem(NOWHERE, "credentials", WRONG),)) from None
    return TokenShape(username=user.name, token=text, expires_in=None)
