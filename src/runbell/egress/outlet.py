"""The way out: one call, one answer, within its limits. Whoever in this house speaks to strangers does it here."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

import httpcore2
from httpcore2 import AsyncConnectionPool, AsyncNetworkBackend

from runbell.egress.call import MOST_BYTES, Answer, Call, checked
from runbell.egress.certificates import tls_context
from runbell.egress.connecting import VettedConnections
from runbell.egress.destination import Destination
from runbell.egress.policy import Policy
from runbell.egress.redirects import onward
from runbell.egress.resolving import Resolver, SystemResolver
from runbell.egress.trouble import Unreached
from runbell.egress.unpacking import Unpacking

AT_ONCE: Final = 100
KEPT_S: Final = 5.0


class Outlet:
    """Speaks HTTP/1.1 to the outside under one policy. It has no cookies, no proxy, no credentials, and reads no
    environment. Use it as an async context; connections are kept for a few seconds."""

    def __init__(
        self,
        policy: Policy,
        *,
        authorities: Path | None = None,
        resolver: Resolver | None = None,
        dialler: AsyncNetworkBackend | None = None,
    ) -> None:
        """`authorities`: a PEM file of certificate authorities to believe besides the usual ones."""
        self._policy = policy
        self._authorities = authorities
        self._resolver = resolver or SystemResolver()
        self._dialler = dialler or httpcore2.AnyIOBackend()
        self._pools: dict[str, AsyncConnectionPool] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            await pool.aclose()

    async def send(self, call: Call, sink: Callable[[bytes], object] | None = None) -> Answer:
        """Make the call and read its answer, whatever its status. With `sink` the body goes there, piece by piece,
        instead of into the answer (only for 2xx). Raises Refused (nothing was or will be sent) and Unreached."""
        began = time.monotonic()
        destination = self._policy.read(call.url)
        call = checked(call)
        try:
            async with asyncio.timeout(call.seconds):
                for _ in range(call.redirects + 1):
                    answer = await self._once(call, destination, began, sink)
                    further = onward(call, destination, answer) if call.redirects else None
                    if further is None:
                        return answer
                    call = further
                    destination = self._policy.read(call.url)
        except TimeoutError as error:
            raise Unreached(f"{destination.origin} had not answered in full after {call.seconds:g} s.") from error
        except httpcore2.TimeoutException as error:
            raise Unreached(f"{destination.origin} did not answer in time: {_what_took_long(error)}.") from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            raise Unreached(f"{destination.origin} could not be reached: {_said(error)}.") from error
        raise Unreached(f"{destination.origin} redirected more than {call.redirects} times.")

    async def _once(
        self, call: Call, destination: Destination, began: float, sink: Callable[[bytes], object] | None
    ) -> Answer:
        url = httpcore2.URL(
            scheme=destination.scheme.encode(),
            host=destination.host.encode(),
            port=destination.port,
            target=destination.target.encode(),
        )
        headers = [("Host", destination.authority), *call.headers]
        limits = {"connect": call.connect_seconds, "read": call.seconds, "write": call.seconds, "pool": call.seconds}
        async with self._pool(destination.scheme).stream(
            call.method,
            url,
            headers=[(name.encode("ascii"), value.encode("latin-1")) for name, value in headers],
            content=call.body,
            extensions={"timeout": limits},
        ) as response:
            told = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers)
            into = sink if 200 <= response.status < 300 else None
            most = call.answer_bytes if into is not None or sink is None else min(call.answer_bytes, MOST_BYTES)
            body, size, whole = await _read(response.aiter_stream(), told, most, into)
        took = time.monotonic() - began
        return Answer(response.status, told, body, size, whole, destination.shown, took)

    def _pool(self, scheme: Literal["http", "https"]) -> AsyncConnectionPool:
        pool = self._pools.get(scheme)
        if pool is None:
            pool = self._pools[scheme] = AsyncConnectionPool(
                ssl_context=tls_context(self._authorities) if scheme == "https" else None,
                max_connections=AT_ONCE,
                keepalive_expiry=KEPT_S,
                network_backend=VettedConnections(scheme, self._policy, self._resolver, self._dialler),
            )
        return pool


async def _read(
    pieces: AsyncIterator[bytes],
    headers: tuple[tuple[str, str], ...],
    most: int,
    sink: Callable[[bytes], object] | None,
) -> tuple[bytes, int, bool]:
    """The body, unpacked, at most so many bytes of it; its size so far; and whether that is all of it."""
    unpacking = Unpacking(headers)
    kept: list[bytes] = []
    size = 0
    async for piece in pieces:
        for part in unpacking.of(piece):
            room = most - size
            (kept.append if sink is None else sink)(part[:room])
            size += len(part[:room])
            if len(part) > room:
                return b"".join(kept), size, False
    unpacking.end()
    return b"".join(kept), size, True


def _what_took_long(error: httpcore2.TimeoutException) -> str:
    return {
        httpcore2.ConnectTimeout: "no connection",
        httpcore2.ReadTimeout: "connected, then silence",
        httpcore2.WriteTimeout: "it did not take the request",
        httpcore2.PoolTimeout: "too many calls are under way from here",
    }.get(type(error), "a time limit")


def _said(error: Exception) -> str:
    while error.__cause__ is not None and not isinstance(error, OSError) and isinstance(error.__cause__, Exception):
        error = error.__cause__
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    text = re.sub(r"^\[SSL: [A-Z_]+\] | \(_ssl\.c:\d+\)$", "", text).strip(". ")
    return " ".join(text.split())[:200] or type(error).__name__
