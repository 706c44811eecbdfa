"""Asking for the addresses of a name: once per connection, and the answer that was vetted is the one connected to."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from ipaddress import ip_address
from threading import Thread
from typing import Final

from runbell.egress.networks import Address
from runbell.egress.trouble import Unreached

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
AT_ONCE: Final = 8


async def system_resolver(name: str, port: int) -> Sequence[str]:
    """The addresses that this machine knows for a name, as text. Raises OSError when there are none."""
    answers = await asyncio.get_running_loop().run_in_executor(_askers(), _ask, name, port)
    return tuple(dict.fromkeys(answers))


async def passing_resolver(name: str, port: int) -> Sequence[str]:
    """The same for a process that has to be as it was before: the one thread ends with the answer."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[list[str]] = loop.create_future()

    def settle(found: list[str] | None, error: OSError | None) -> None:
        if not answered.done():
            answered.set_exception(error) if error is not None else answered.set_result(found or [])

    def ask() -> None:
        found, wrong = None, None
        try:
            found = _ask(name, port)
        except OSError as error:
            wrong = error
        except UnicodeError as error:
            wrong = OSError(str(error))
        with suppress(RuntimeError):  # the loop has gone meanwhile
            loop.call_soon_threadsafe(settle, found, wrong)

    asking = Thread(target=ask, name="egress-name", daemon=True)
    asking.start()
    found = await answered
    asking.join()
    return tuple(dict.fromkeys(found))


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


def _ask(name: str, port: int) -> list[str]:
    return [str(answer[4][0]) for answer in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]


@cache
def _askers() -> ThreadPoolExecutor:
    """Threads of their own: name servers that do not answer hold them for long, and nothing else may wait for that."""
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="egress-names")


def _said(error: OSError | UnicodeError) -> str:
    return (error.strerror if isinstance(error, OSError) and error.strerror else str(error)).rstrip(".")
