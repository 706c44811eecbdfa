"""The HTTP server: listens, serves one app, and goes down without dropping a request in flight."""

# mypy: disable-error-code="explicit-override"

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import uvicorn
from msgspec import Struct
from starlette.types import ASGIApp

from runbell.http.deadlines import EdgeLimits
from runbell.http.protocol import Edge, EdgeProtocol, Refuse
from runbell.http.small_reads import SmallReads

BACKLOG: Final = 2_048
LAST_PORT: Final = 65_535


class Tls(Struct, frozen=True):
    """The files of a certificate with its chain, and of its private key (PEM): with them the server speaks HTTPS."""

    certificate: Path
    key: Path

    def check(self) -> None:
        """Raises CannotListen when they cannot be used."""
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as error:
            said = f"The certificate {self.certificate} and the key {self.key} cannot be used: {error}"
            raise CannotListen(f"{said}; give two PEM files that belong together.") from None


class CannotListen(OSError):  # noqa: N818 - what is wrong, in a word
    """The address cannot be listened on; the message says why."""


class _Server(uvicorn.Server):
    """uvicorn's server without its grip on signals: the assembly decides when to stop."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_listening()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises CannotListen with a sentence."""
    if not 0 <= port <= LAST_PORT:
        raise CannotListen(f"There is no port {port}; choose a --port from 0 to {LAST_PORT} (0 takes a free one).")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise CannotListen(f"Cannot listen on {host} port {port}: {error}. Choose another --host or --port.") from error


async def serve(
    app: ASGIApp,
    listener: socket.socket,
    *,
    refuse: Refuse,
    stop: asyncio.Event,
    limits: EdgeLimits = EdgeLimits(),  # noqa: B008 - frozen
    on_listening: Callable[[], None] = lambda: None,
    on_stopping: Callable[[], None] = lambda: None,
    drain_s: float = 30.0,
    tls: Tls | None = None,
) -> None:
    """Serve `app` on `listener` until `stop` is set; then accept nothing more and finish what is in flight.

    `refuse` words the refusals that happen before any door is reached. `on_stopping` is called before the last requests
    are waited for (at most `drain_s` seconds); long waits should end then.
    """
    edge = Edge(limits, refuse)
    server = _Server(_config(app, edge, drain_s, tls), on_listening)
    async with asyncio.TaskGroup() as tasks:
        sweeping = tasks.create_task(edge.sweep())
        serving = tasks.create_task(server.serve(sockets=[listener]))
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait((serving, stopping, sweeping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        on_stopping()
        server.should_exit = True
        await asyncio.wait((serving,))
        sweeping.cancel()


def _config(app: ASGIApp, edge: Edge, drain_s: float, tls: Tls | None) -> uvicorn.Config:

    def protocol(*arguments: Any, **more: Any) -> SmallReads:
        return SmallReads(EdgeProtocol(edge, *arguments, **more))

    return uvicorn.Config(
        app,
        http=protocol,  # type: ignore[arg-type]
        ws="none",
        loop="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_config=None,
        log_level="error",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=edge.limits.idle_s,
        timeout_graceful_shutdown=max(1, round(drain_s)),
        ssl_certfile=None if tls is None else tls.certificate,
        ssl_keyfile=None if tls is None else tls.key,
    )
