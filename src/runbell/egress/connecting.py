"""The only place that opens a connection: names are resolved here, all their addresses vetted, one of these dialled.

It stands below TLS and HTTP, so the certificate is checked for the name, and SNI and Host carry the name, while the
name itself is never looked up again: an answer that changes between the look and the dial (rebinding) finds no gap.
"""

# typing.override is newer than Python 3.11.
# mypy: disable-error-code="explicit-override"

import logging
import time
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any, Final, Literal

import httpcore2
from httpcore2 import AsyncNetworkBackend, AsyncNetworkStream

from runbell.egress.networks import Address
from runbell.egress.policy import Policy
from runbell.egress.resolving import Resolver, resolved
from runbell.egress.trouble import Refused

MOST_DIALLED: Final = 4
"""How many addresses of one name are tried before the call is given up."""
# What httpcore logs at DEBUG are whole headers; secrets are in them.
logging.getLogger("httpcore2").setLevel(logging.WARNING)


class VettedConnections(AsyncNetworkBackend):
    """Opens connections for one scheme to where the policy permits, and to nowhere else."""

    def __init__(
        self,
        scheme: Literal["http", "https"],
        policy: Policy,
        resolver: Resolver,
        dialler: AsyncNetworkBackend,
    ) -> None:
        self._scheme = scheme
        self._policy = policy
        self._resolver = resolver
        self._dialler = dialler

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the port's own
        local_address: str | None = None,  # noqa: ARG002 - the pool's, which sets none
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> AsyncNetworkStream:
        """A connection to one of the host's addresses, all of which passed. Raises Refused, Unreached."""
        addresses = await self._permitted(host, port)
        ends = None if timeout is None else time.monotonic() + timeout
        last: Exception | None = None
        for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            # Each address gets its share of what is left, so that a dead first one does not cost the others.
            share = None if ends is None else max(0.05, (ends - time.monotonic()) / left)
            try:
                stream = await self._dialler.connect_tcp(str(address), port, timeout=share)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                last = error
                continue
            await _insist(stream, address)
            return stream
        raise last or httpcore2.ConnectError("There was no address to dial.")

    async def connect_unix_socket(self, *_: Any, **__: Any) -> AsyncNetworkStream:
        """Never: a socket in the file system is as internal as can be."""
        raise Refused("Sockets in the file system are not reached from here.")

    async def sleep(self, seconds: float) -> None:
        """What the pool asks for between its own retries, of which there are none."""
        await self._dialler.sleep(seconds)

    async def _permitted(self, host: str, port: int) -> list[Address]:
        try:
            addresses = [ip_address(host)]
        except ValueError:
            addresses = await resolved(self._resolver, host, port)
        self._policy.vet(self._scheme, host, port, addresses)
        return addresses[:MOST_DIALLED]


async def _insist(stream: AsyncNetworkStream, address: Address) -> None:
    """The peer is who was vetted; a dialler that went elsewhere is not believed."""
    peer = stream.get_extra_info("server_addr")
    if peer is None or ip_address(peer[0]) != address:
        await stream.aclose()
        raise Refused("The connection led elsewhere than to the address that was vetted.")
