"""How a client reaches a server: address, token, time limits, proxies. Shared by the blocking and the awaiting one."""

import ipaddress
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from msgspec import Struct

from runbell.client.effects import Answer, Ask, NoAnswer

CONNECT_S: Final = 5.0
ANSWER_S: Final = 30.0
API: Final = "/api/v1"


class Connection(Struct, frozen=True, kw_only=True):
    """Where the server is and who asks. `patience`: seconds of pauses that retries of one request may add up to.

    `project`: in which project, for credentials that may act in several.
    """

    url: str
    token: str | None = None
    patience: float = 10.0
    program: str = "runbell-client"
    project: str | None = None

    def options(self) -> dict[str, Any]:
        """The arguments of an httpx2 client."""
        headers = {"User-Agent": f"{self.program}/{version('runbell')}", "Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return {
            "base_url": self.url,
            "headers": headers,
            "timeout": httpx2.Timeout(ANSWER_S, connect=CONNECT_S),
            "trust_env": not is_loopback(self.url),
            "verify": not self.url.startswith("http://"),  # nothing to verify there: spares reading the CA bundle
        }


def is_loopback(url: str) -> bool:
    """True for an address of this machine: a proxy has no business there."""
    host = urlsplit(url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def request_of(http: httpx2.Client | httpx2.AsyncClient, ask: Ask) -> httpx2.Request:
    """The HTTP request for an Ask."""
    return http.build_request(
        ask.method,
        ask.path,
        params=ask.query or None,
        headers=ask.headers,
        content=ask.body,
        timeout=httpx2.Timeout(ANSWER_S + ask.wait_s, connect=CONNECT_S),
    )


def answer_of(response: httpx2.Response, body: bytes) -> Answer:
    """What came back, without httpx2 in it."""
    return Answer(response.status_code, response.headers, body)


def no_answer(url: str, error: httpx2.TransportError) -> NoAnswer:
    """Why nothing came back, in a sentence, and whether the request may have arrived."""
    arrived = not isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)
    what = "the connection broke off" if arrived else "no server answers"
    return NoAnswer(f"At {url}, {what} ({str(error) or type(error).__name__}).", arrived)


class Lines:
    """Cuts a stream of bytes into lines at `\\n` alone; what was not ended by one is no line (yet)."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[str]:
        """The lines that this chunk completes, without their ends."""
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        return [line.removesuffix(b"\r").decode("utf-8", "replace") for line in whole]
