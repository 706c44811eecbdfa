"""Reading a log back: every filter against a plain reading of all lines, while it grows, in bounded memory and time."""

import tracemalloc
from pathlib import Path

import pytest

from runbell.artifacts import ExecutionFolders, log_page
from runbell.artifacts.log_index import BLOCK
from runbell.domain import log
from runbell.domain.ids import new_id
from runbell.ports.artifacts import LogFilter, LogPage

pytestmark = pytest.mark.anyio
T = "2031-04-07T02:00:00.123Z"


class Shelf:
    """The folders with one execution, whose log is written by hand."""

    def __init__(self, root: Path) -> None:
        self.folders = ExecutionFolders(root)
        self.execution = new_id(1_900_000_000_000)
        self.home = self.folders.home(self.execution)
        self.home.mkdir(parents=True)
        self.count = 0

    def write(self, text: str, stream: str = "out", step: str = "load") -> None:
        self.write_all([(stream, step, text)])

    def write_all(self, lines: list[tuple[str, str, str]]) -> None:
        with (self.home / "log").open("ab") as file:
            for stream, step, text in lines:
                file.write(log.head(T, stream, step, 1, None) + text.encode() + b"\n")
        self.count += len(lines)

    async def page(self, **wanted: object) -> LogPage:
        return await self.folders.log(self.execution, LogFilter(**wanted))  # type: ignore[arg-type]

    async def numbers(self, **wanted: object) -> list[int]:
        return [line.n for line in (await self.page(**wanted)).lines]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture
def full(shelf: Shelf) -> Shelf:
    """30,000 lines over several blocks: every 7th on err, every 100th of step `read`, every 1,000th with a needle."""
    shelf.write_all(
        [
            (
                "err+" if n % 7 == 0 else "out",
                "read" if n % 100 == 0 else "load",
                f"line {n} {'Needle' if n % 1000 == 0 else ''}",
            )
            for n in range(1, 30_001)
        ]
    )
    assert (shelf.home / "log").stat().st_size > 4 * BLOCK
    return shelf


async def test_no_log_is_an_empty_page(shelf: Shelf) -> None:
    assert await shelf.page() == LogPage(lines=[], size=0, end=True, truncated=False)
    assert shelf.folders.log_file(shelf.execution) is None


async def test_a_line_comes_back_with_all_it_carries(shelf: Shelf) -> None:
    shelf.write("half", "err+", "a\tb")
    shelf.write("", "out")
    first, second = (await shelf.page()).lines
    assert (first.n, first.t, first.stream, first.step, first.attempt, first.text) == (1, T, "err", "a\tb", 1, "half")
    assert (first.partial, first.scope) == (True, None)
    assert (second.n, second.text, second.partial) == (2, "", False)


@pytest.mark.parametrize("after", [0, 1, 999, 12_345, 29_999, 30_000, 99_999])
async def test_lines_after_a_line(full: Shelf, after: int) -> None:
    page = await full.page(after_line=after, limit=50)
    assert [line.n for line in page.lines] == list(range(after + 1, min(after + 51, 30_001)))
    assert all(line.text.startswith(f"line {line.n} ") for line in page.lines)
    assert page.end is (after + 50 >= 30_000)


async def test_the_lines_before_a_line_and_the_tail(full: Shelf) -> None:
    assert await full.numbers(before_line=12_345, limit=3) == [12_342, 12_343, 12_344]
    assert await full.numbers(before_line=1) == []
    assert await full.numbers(before_line=99_999, limit=2) == [29_999, 30_000]
    assert await full.numbers(tail=3) == [29_998, 29_999, 30_000]
    assert await full.numbers(tail=99_999, limit=5) == list(range(1, 30_001))
    assert await full.numbers(tail=0) == []
    assert await full.numbers(after_line=10, before_line=13) == [11, 12]
    assert (await full.page(tail=1)).end
    assert not (await full.page(before_line=100)).end


async def test_filters_keep_what_fits_and_its_number(full: Shelf) -> None:
    assert await full.numbers(q="nEEdle") == list(range(1000, 30_001, 1000))
    assert await full.numbers(q="Needle", after_line=1000, limit=2) == [2000, 3000]
    assert await full.numbers(q="needle", tail=2) == [29_000, 30_000]
    assert await full.numbers(step="read", limit=3) == [100, 200, 300]
    assert await full.numbers(step="read", stream="err", limit=2) == [700, 1400]
    assert await full.numbers(stream="err", before_line=700, limit=2) == [686, 693]
    assert await full.numbers(step="none") == []
    assert await full.numbers(q="T02:00") == []  # the text is searched, not what stands before it


async def test_a_filter_that_finds_nothing_does_not_look_twice(full: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await full.page(q="grows")).end
    looked: list[bytes] = []
    real = log.read
    monkeypatch.setattr(log, "read", lambda line: looked.append(line) or real(line))  # type: ignore[func-returns-value]
    full.write("it grows")
    assert await full.numbers(q="grows") == [30_001]
    assert len(looked) == 1
    assert await full.numbers(q="grows", after_line=29_000) == [30_001]
    assert await full.numbers(q="grows", step="read") == []


async def test_a_growing_log_is_read_on_from_where_it_ended(shelf: Shelf) -> None:
    seen: list[int] = []
    for n in range(1, 60):
        shelf.write(f"line {n} " + "x" * 20_000)
        page = await shelf.page(after_line=seen[-1] if seen else None)
        assert page.end
        seen += [line.n for line in page.lines]
        assert page.size == (shelf.home / "log").stat().st_size
    assert seen == list(range(1, 60))


async def test_a_record_that_is_half_written_is_not_there_yet(shelf: Shelf) -> None:
    shelf.write("one")
    with (shelf.home / "log").open("ab") as file:
        file.write(log.head(T, "out", "load", 1, None) + b"tw")
    assert await shelf.numbers() == [1]
    with (shelf.home / "log").open("ab") as file:
        file.write(b"o\n")
    assert [line.text for line in (await shelf.page()).lines] == ["one", "two"]


async def test_records_longer_than_a_block_are_whole(shelf: Shelf) -> None:
    texts = ["a" * (3 * BLOCK), "b", "c" * (BLOCK + 1), "d"]
    for text in texts:
        shelf.write(text)
    assert [line.text for line in (await shelf.page()).lines] == texts
    assert [line.text for line in (await shelf.page(tail=2)).lines] == texts[2:]


async def test_a_log_that_was_made_anew_is_read_anew(shelf: Shelf) -> None:
    shelf.write("old")
    assert len(await shelf.numbers()) == 1
    (shelf.home / "log").rename(shelf.home / "gone")
    shelf.write("new")
    shelf.write("newer")
    assert [line.text for line in (await shelf.page()).lines] == ["new", "newer"]


async def test_the_marker_of_the_house_says_truncated_and_one_of_a_step_does_not(shelf: Shelf) -> None:
    shelf.write(log.marker(5, 6))
    assert not (await shelf.page()).truncated
    shelf.write(log.marker(5, 6), "sys")
    assert (await shelf.page(limit=1)).truncated


async def test_a_page_of_a_large_log_takes_little_memory(full: Shelf) -> None:
    for _ in range(5):
        full.write_all([("out", "load", "x" * 200)] * 20_000)
    await full.page(limit=1)
    tracemalloc.start()
    try:
        assert await full.numbers(after_line=100_000, limit=10) == list(range(100_001, 100_011))
        assert await full.numbers(q="needle", tail=1) == [30_000]
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


async def test_a_count_is_of_the_whole_log_and_ends_somewhere(full: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    for wanted, found in (
        ({"q": "needle"}, 30),
        ({"q": "line 2999", "tail": 1}, 11),
        ({"q": "needle", "step": "x"}, 0),
    ):
        page = await full.page(count=True, limit=2, **wanted)  # type: ignore[arg-type]
        assert (page.found, page.at_least) == (found, False)
    assert (await full.page(q="needle")).found is None
    monkeypatch.setattr(log_page, "MOST_COUNTED", 100)
    page = await full.page(count=True, q="line")
    assert page.at_least
    assert 100 <= (page.found or 0) < 30_000
    monkeypatch.setattr(log_page, "MOST_LOOKED_AT", 1)
    page = await full.page(count=True, q="needle")
    assert page.at_least
    assert 0 < (page.found or 0) < 30
