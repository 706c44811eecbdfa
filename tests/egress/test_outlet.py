"""A call goes to the address that was vetted, under the name that was asked for, and stays within its limits."""

import asyncio
import gzip
import os
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from runbell.egress.call import Call
from runbell.egress.outlet import Outlet
from runbell.egress.policy import read_policy
from runbell.egress.trouble import Refused, Unreached
from tests.certificates import served

from .stranger import Answering, Names, Recording, Stranger, a_stranger, answer

pytestmark = pytest.mark.anyio

HERE = "127.0.0.1"
OPEN = read_policy("127.0.0.0/8")


def outlet(**names: str | list[str]) -> Outlet:
    return Outlet(OPEN, resolver=Names(hook_example=[[HERE]], **{name: [said] for name, said in names.items()}))


async def test_the_host_that_was_asked_for_is_named_and_nothing_of_ours_is_attached() -> None:
    async with a_stranger(answer(200, b"hello", "X-One: 1")) as stranger, outlet() as way:
        url = f"http://hook.example:{stranger.port}/a?b=c"
        found = await way.send(Call(url=url, method="POST", headers=(("X-Two", "zwei"),), body=b"{}"))
    assert (found.status, found.body, found.whole, found.header("x-one")) == (200, b"hello", True, "1")
    assert found.url == f"http://hook.example:{stranger.port}/a"
    head = stranger.requests[0].split("\r\n")
    assert head[0] == "POST /a?b=c HTTP/1.1"
    names = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in head[1:-2]}
    assert names == {
        "host": f"hook.example:{stranger.port}", "user-agent": "runbell", "accept": "*/*", "accept-encoding": "gzip",
        "content-length": "2", "x-two": "zwei",
    }  # fmt: skip


async def test_neither_the_environment_nor_a_netrc_has_a_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine hook.example login a password b\n")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert os.environ["ALL_PROXY"]
    async with a_stranger(answer(200)) as stranger, outlet() as way:
        assert (await way.send(Call(url=f"http://hook.example:{stranger.port}/"))).status == 200
    assert "authorization" not in stranger.requests[0].lower()


async def test_cookies_are_not_kept() -> None:
    async with a_stranger(answer(200, b"", "Set-Cookie: a=b; Path=/")) as stranger, outlet() as way:
        for _ in range(2):
            await way.send(Call(url=f"http://hook.example:{stranger.port}/"))
    assert "cookie" not in stranger.requests[1].lower()


async def test_a_name_whose_answer_changes_is_asked_once_per_connection_and_its_inner_address_is_never_dialled() -> (
    None
):
    names, dialler = Names(hook_example=[["1.1.1.1"], [HERE]]), Recording()
    async with Outlet(read_policy(http=True), resolver=names, dialler=dialler) as way:
        call = Call(url="http://hook.example:8080/")
        with pytest.raises(Unreached):
            await way.send(call)
        assert names.asked == ["hook.example"]
        with pytest.raises(Refused):
            await way.send(call)
    assert dialler.dialled == [("1.1.1.1", 8080)]


async def test_a_connection_that_led_elsewhere_is_not_used() -> None:
    async with a_stranger(answer(200)) as stranger:
        dialler = Recording(HERE)
        async with Outlet(OPEN, resolver=Names(hook_example=[["127.0.0.9"]]), dialler=dialler) as way:
            with pytest.raises(Refused, match="led elsewhere"):
                await way.send(Call(url=f"http://hook.example:{stranger.port}/"))
    assert stranger.requests == []


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """One for hook.example."""
    return served(tmp_path, "hook.example")


async def test_tls_is_spoken_to_the_vetted_address_under_the_name_and_the_certificate_has_to_be_for_it(
    certificate: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, context = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    names = Names(hook_example=[[HERE]], other_example=[[HERE]])
    async with a_stranger(answer(200, b"safe"), context) as stranger:
        async with Outlet(OPEN, resolver=names, authorities=file) as way:
            found = await way.send(Call(url=f"https://hook.example:{stranger.port}/"))
            assert (found.body, stranger.names) == (b"safe", ["hook.example"])
            assert f"host: hook.example:{stranger.port}" in stranger.requests[0].lower()
            with pytest.raises(Unreached, match="Hostname mismatch"):
                await way.send(Call(url=f"https://other.example:{stranger.port}/"))
        async with Outlet(OPEN, resolver=names) as unbelieving:
            with pytest.raises(Unreached, match=r"certificate verify failed: self.signed certificate\.$"):
                await unbelieving.send(Call(url=f"https://hook.example:{stranger.port}/"))
    assert len(stranger.requests) == 1


async def test_reading_ends_at_the_limit_and_what_is_packed_counts_unpacked() -> None:
    bomb = gzip.compress(b"x" * 50_000_000)
    kinds: dict[bytes, bytes] = {
        b"/plain": answer(200, b"x" * 3_000),
        b"/bomb": answer(200, bomb, "Content-Encoding: gzip"),
    }
    async with a_stranger(lambda asked: kinds[asked.split()[1]]) as stranger, outlet() as way:
        for path in kinds:
            url = f"http://hook.example:{stranger.port}{path.decode()}"
            found = await way.send(Call(url=url, answer_bytes=2_000))
            assert (found.body, found.size, found.whole) == (b"x" * 2_000, 2_000, False)
            pieces: list[bytes] = []
            found = await way.send(Call(url=url, answer_bytes=2_500), pieces.append)
            assert (found.body, found.size, b"".join(pieces)) == (b"", 2_500, b"x" * 2_500)


async def test_a_packed_answer_is_unpacked_and_a_broken_one_is_said_to_be() -> None:
    packed = gzip.compress(b"hello " * 100)
    kinds = {b"/whole": packed, b"/cut": packed[:-9], b"/not": b"hello"}
    gzipped: Answering = lambda asked: answer(200, kinds[asked.split()[1]], "Content-Encoding: gzip")  # noqa: E731
    async with a_stranger(gzipped) as stranger, outlet() as way:
        url = f"http://hook.example:{stranger.port}"
        assert (await way.send(Call(url=f"{url}/whole"))).body == b"hello " * 100
        for path in ("cut", "not"):
            with pytest.raises(Unreached, match=r"gzip|packed"):
                await way.send(Call(url=f"{url}/{path}"))


async def test_silence_and_dripping_end_with_the_time_for_all_of_it() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        try:
            while not writer.transport.is_closing():
                writer.write(b"x")
                await asyncio.sleep(0.01)
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(drip, HERE, 0)
    async with server, a_stranger(lambda _: None) as silent, outlet() as way:
        for port in (silent.port, server.sockets[0].getsockname()[1]):
            with pytest.raises(Unreached, match=r"hook\.example.*(0\.2 s|silence)"):
                await way.send(Call(url=f"http://hook.example:{port}/", seconds=0.2))


@pytest.mark.parametrize(
    "spoilt",
    [
        {"headers": (("X", "a\r\nY: b"),)}, {"headers": (("X\r\nY", "a"),)}, {"headers": (("X Y", "a"),)},
        {"headers": (("Host", "inner"),)}, {"headers": (("Transfer-Encoding", "chunked"),)},
        {"headers": (("X", "a\0"),)}, {"headers": (("Content-Length", "3"),)},
        {"headers": (("X", "\u2028"),)}, {"method": "GET / HTTP/1.1\r\n"},
        {"method": "get"}, {"method": "CONNECT"}, {"method": "TRACE"},
    ],
)  # fmt: skip
async def test_what_would_break_the_framing_is_not_sent(spoilt: dict[str, object]) -> None:
    async with a_stranger(answer(200)) as stranger, outlet() as way:
        with pytest.raises(Refused):
            await way.send(Call(url=f"http://hook.example:{stranger.port}/", **spoilt))  # type: ignore[arg-type]
    assert stranger.requests == []


@pytest.fixture
async def pair() -> AsyncIterator[tuple[Stranger, Stranger]]:
    """Two strangers; the first redirects to the second, or where its path says."""

    def redirecting(asked: bytes) -> bytes:
        _, kind, status = asked.split()[1].decode().split("/")[:3]
        places = {
            "elsewhere": f"http://other.example:{second.port}/landed", "inner": "http://inner.example/",
            "here": "/here/200", "file": "file:///etc/passwd", "loop": "/loop/302", "odd": "//[1.2.3.4]/",
        }  # fmt: skip
        return answer(int(status), b"", f"Location: {places[kind]}")

    async with a_stranger(answer(200, b"landed")) as second, a_stranger(redirecting) as first:
        yield first, second


async def test_a_redirect_is_an_answer_unless_following_was_asked_for(pair: tuple[Stranger, Stranger]) -> None:
    first, second = pair
    async with outlet(other_example=HERE) as way:
        found = await way.send(Call(url=f"http://hook.example:{first.port}/elsewhere/302"))
        assert (found.status, second.requests) == (302, [])
        found = await way.send(Call(url=f"http://hook.example:{first.port}/elsewhere/302", redirects=1))
        assert (found.status, found.body) == (200, b"landed")


async def test_every_hop_is_vetted_and_their_number_is_bounded(pair: tuple[Stranger, Stranger]) -> None:
    first, _ = pair
    async with outlet(inner_example="10.0.0.1") as way:
        for kind in ("inner", "file", "odd"):
            with pytest.raises(Refused):
                await way.send(Call(url=f"http://hook.example:{first.port}/{kind}/302", redirects=5))
        with pytest.raises(Unreached, match="more than 3 times"):
            await way.send(Call(url=f"http://hook.example:{first.port}/loop/302", redirects=3))
    assert len(first.requests) == 3 + 4


async def test_another_origin_gets_no_header_and_no_body_of_the_caller(pair: tuple[Stranger, Stranger]) -> None:
    first, second = pair
    headers = (("Authorization", "Bearer s3cret"), ("X-Api-Key", "s3cret"), ("Cookie", "s3cret"))
    async with outlet(other_example=HERE) as way:
        base = f"http://hook.example:{first.port}"
        await way.send(Call(url=f"{base}/elsewhere/303", method="POST", body=b"s3cret", headers=headers, redirects=1))
        assert second.requests[0].startswith("GET /landed")
        assert "s3cret" not in second.requests[0]
        with pytest.raises(Refused, match="with a body"):
            await way.send(
                Call(url=f"{base}/elsewhere/307", method="POST", body=b"s3cret", headers=headers, redirects=1)
            )
        assert len(second.requests) == 1
        await way.send(Call(url=f"{base}/here/307", method="POST", body=b"s3cret", headers=headers, redirects=1))
        assert [asked.count("s3cret") for asked in first.requests[-2:]] == [4, 4]


async def test_nobody_there_is_said_in_a_sentence() -> None:
    async with outlet() as way:
        with pytest.raises(Unreached, match=r"http://hook\.example:1 could not be reached: .*\.$"):
            await way.send(Call(url="http://hook.example:1/"))
        with pytest.raises(Unreached, match=r"The name nobody\.example could not be resolved"):
            await way.send(Call(url="http://nobody.example/"))


async def test_the_next_address_is_dialled_when_the_first_is_dead() -> None:
    async with a_stranger(answer(200)) as stranger, outlet(two_example=["127.0.0.2", HERE]) as way:
        assert (await way.send(Call(url=f"http://two.example:{stranger.port}/"))).status == 200
