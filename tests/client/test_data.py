"""Rows one by one over pages, and downloads that are there only when they are whole."""

import hashlib
from pathlib import Path

import pytest

from runbell.client import AsyncClient, Client, DamagedDownload

from .scripted import Reply, scripted

CONTENT = "a,b\r\n1,2\r\n"
DIGEST = {"ETag": f'"{hashlib.sha256(CONTENT.encode()).hexdigest()}"', "Content-Type": "text/csv"}


def test_rows_come_page_after_page() -> None:
    first = Reply({"items": [{"a": 1}, {"a": 2}], "next_cursor": "x"})
    with scripted(first, Reply({"items": [{"a": 3}], "next_cursor": None})) as server, Client(server.url) as client:
        assert [row["a"] for row in client.rows(7, "my rows", filters={"b": "x"})] == [1, 2, 3]
    assert server.asked[0].path == "/api/v1/executions/7/results/my%20rows"
    assert [asked.query.get("cursor") for asked in server.asked] == [None, "x"]
    assert server.asked[1].query["filter.b"] == "x"


def test_exception_records_know_their_reason() -> None:
    record = {"n": 1, "reason": "odd", "sample": False, "row": {"a": 1}}
    with scripted(Reply({"items": [record], "next_cursor": None})) as server, Client(server.url) as client:
        [found] = client.exception_records(7, "check", reason="odd")
    assert (found.reason, found.row, server.asked[0].query["reason"]) == ("odd", {"a": 1}, "odd")


def test_a_download_appears_whole_and_checked(tmp_path: Path) -> None:
    with scripted(Reply(CONTENT, headers=DIGEST)) as server, Client(server.url) as client:
        assert client.download(7, "artifacts", "x.csv", tmp_path / "x.csv") == tmp_path / "x.csv"
    assert (tmp_path / "x.csv").read_bytes() == CONTENT.encode()
    assert [file.name for file in tmp_path.iterdir()] == ["x.csv"]


def test_a_download_that_differs_or_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    script = (Reply("other", headers=DIGEST), Reply(CONTENT, headers=DIGEST, cut=True))
    with scripted(*script) as server, Client(server.url) as client:
        with pytest.raises(DamagedDownload, match="fetch it again"):
            client.download(7, "artifacts", "x.csv", tmp_path / "x.csv")
        with pytest.raises(DamagedDownload, match="broke off"):
            client.download(7, "results", "x", tmp_path / "x.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.anyio
async def test_the_awaited_client_downloads_too(tmp_path: Path) -> None:
    with scripted(Reply(CONTENT, headers={"Content-Type": "text/csv"})) as server:
        async with AsyncClient(server.url) as client:
            await client.download(7, "results", "x", tmp_path / "x.csv")
    assert server.asked[0].headers["accept"] == "text/csv"
    assert (tmp_path / "x.csv").read_bytes() == CONTENT.encode()
