"""Asking for the addresses of a name: once per connection, and the answer that was vetted is the one connected to."""

import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address
from typing import Final

from runbell.egress.aside import Aside
from runbell.egress.networks import Address
from runbell.egress.trouble import Unreached

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
AT_ONCE: Final = 8


class SystemResolver:
    """Asks this machine. Name servers that do not answer hold their thread for long, and nobody else's."""

    def __init__(self) -> None:
        self._aside = Aside("egress-name", AT_ONCE)

    async def __call__(self, name: str, port: int) -> Sequence[str]:
        """The addresses of a name as text. Raises OSError when there are none."""
        answers = await self._aside.run(lambda: socket.getaddrinfo(name, port, type=socket.SOCK_STREAM))
        return tuple(dict.fromkeys(str(answer[4][0]) for answer in answers))


async def resolved(resolver: Resolver, name: str, port: int) -> list[Address]:
    """The addresses of a name. Raises Unreached."""
    try:
        addresses = [ip_address(answer) for answer in await resolver(name, port)]
    except (OSError, UnicodeError) as error:
        raise Unreached(f"The name {name} could not be resolved: {_said(error)}.") from error
    except ValueError as error:
        raise Unreached(f"The name {name} was answered with something that is no address.") from error
    if not addresses:
        raise Unreached(f"The name {name} has no address.")
    return addresses


def _said(error: OSError | UnicodeError) -> str:
    return (error.strerror if isinstance(error, OSError) and error.strerror else str(error)).rstrip(".")
