"""One attempt: sent once, never further than the address that was given, whatever is answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from runbell.domain import signing_secret
from runbell.egress.outlet import Outlet
from runbell.egress.policy import read_policy
from runbell.notifiers.webhook import WebhookNotifier
from runbell.ports.notifier import Notification

pytestmark = pytest.mark.anyio


def told(url: str) -> Notification:
    return Notification(
        id="msg_1", type="execution.failed", time=1_900_000_000_000, at=1_900_000_000_000, url=url, body=b"{}",
        secrets=(signing_secret.fresh("v1"),),
    )  # fmt: skip


@asynccontextmanager
async def receiving(answer: bytes | None) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A receiver that says this, whatever it hears; None: nothing at all."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        heard.append(head)
        if answer is None:
            await reader.read()
        else:
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard
    finally:
        server.close()


@asynccontextmanager
async def a_notifier(allow: str = "127.0.0.1", timeout_s: float = 5) -> AsyncIterator[WebhookNotifier]:
    async with Outlet(read_policy(allow)) as outlet:
        yield WebhookNotifier(outlet, timeout_s=timeout_s)


async def test_a_redirection_is_an_answer_and_is_not_followed() -> None:
    async with receiving(b"HTTP/1.1 204 No Content\r\n\r\n") as (elsewhere, heard_there), a_notifier() as notifier:
        away = f"HTTP/1.1 307 Away\r\nLocation: {elsewhere}/x\r\nContent-Length: 0\r\n\r\n".encode()
        async with receiving(away) as (url, heard):
            answered = await notifier.notify(told(url))
        assert (answered.status, len(heard), heard_there) == (307, 1, [])


async def test_the_first_two_kilobytes_of_an_answer_are_kept() -> None:
    page = b"x" * 100_000
    async with receiving(b"HTTP/1.1 500 No\r\nContent-Length: 100000\r\n\r\n" + page) as (url, _), a_notifier() as one:
        answered = await one.notify(told(url))
    assert (answered.status, answered.answer) == (500, "x" * 2_048)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", 7_000),
        ("Sun, 17 Mar 2030 17:46:50 GMT", 10_000),
        ("Sun, 17 Mar 2030 17:00:00 GMT", 0),
        ("soon", None),
        ("Sun, 17 Mar 99999999999999999999 17:46:50 GMT", None),
    ],
)
async def test_a_retry_after_is_read_as_seconds_or_as_a_date(text: str, expected: int | None) -> None:
    say = f"HTTP/1.1 503 Later\r\nRetry-After: {text}\r\nContent-Length: 0\r\n\r\n".encode()
    async with receiving(say) as (url, _), a_notifier() as notifier:
        assert (await notifier.notify(told(url))).retry_after_ms == expected


async def test_who_does_not_answer_in_time_has_not_answered() -> None:
    async with receiving(None) as (url, _), a_notifier(timeout_s=0.2) as notifier:
        answered = await notifier.notify(told(url))
    assert (answered.status, answered.refused) == (None, False)
    assert answered.error is not None


async def test_an_address_inside_is_refused_and_nothing_is_sent() -> None:
    async with receiving(b"HTTP/1.1 200 OK\r\n\r\n") as (url, heard), a_notifier(allow="") as notifier:
        answered = await notifier.notify(told(url))
        assert (answered.refused, answered.status, heard) == (True, None, [])
    assert "egress_allow" in (answered.error or "")
