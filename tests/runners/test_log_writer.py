"""What output becomes in the log: records, pieces, masks, marker and tail; from any bytes, in little memory."""

import asyncio
import os
import random
from pathlib import Path
from typing import Any

import pytest

from runbell.domain import log
from runbell.ports.runner import StepOrder
from runbell.runners.hand.log import LogWriter
from tests.runners.workplace import Workplace, records, text_of

KEY = b"rb_key_ab12_0123456789abcdefXYZ_1a2b3c4d"


def an_order(home: Path, **said: Any) -> StepOrder:
    known: dict[str, Any] = {
        "execution": "x", "number": 1, "job": "j", "project": "p", "step": "load", "kind": "command", "attempt": 1,
        "epoch": 1, "home": str(home),
    }  # fmt: skip
    return StepOrder(**(known | said))


def written(home: Path, *chunks: bytes, flush: bool = False, **said: Any) -> list[log.Record]:
    """The records of these chunks, one stream."""
    order = an_order(home, **said)
    writer = LogWriter(order)
    for chunk in chunks:
        writer.take("out", chunk)
        if flush:
            writer.flush()
    writer.close()
    return records(order)


def whole(found: list[log.Record]) -> str:
    return "".join(each.text + ("" if each.partial else "\n") for each in found)


def test_a_silent_step_makes_no_file(tmp_path: Path) -> None:
    LogWriter(an_order(tmp_path)).close()
    assert not (tmp_path / "log").exists()


def test_lines_survive_any_cutting_into_chunks(tmp_path: Path) -> None:
    text = "one\n\nzwei €\ntrois 🌍\n\n\nlast without end"
    data, dice = text.encode(), random.Random(1)
    for turn in range(50):
        cuts = sorted(dice.sample(range(1, len(data)), turn % 12))
        chunks = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
        home = tmp_path / str(turn)
        home.mkdir()
        found = written(home, *chunks)
        assert whole(found) == text + "\n"
        assert not any(each.partial for each in found)


def test_flushing_between_any_two_bytes_loses_and_breaks_nothing(tmp_path: Path) -> None:
    text = "zwei € trois 🌍 ende\n"
    data = text.encode()
    found = written(tmp_path, *(data[at : at + 1] for at in range(len(data))), flush=True)
    assert whole(found) == text
    assert "\ufffd" not in whole(found)


def test_a_long_line_becomes_pieces_of_bounded_length(tmp_path: Path) -> None:
    line = b"x" * 1_000_003
    found = written(tmp_path, *(line[at : at + 65_536] for at in range(0, len(line), 65_536)), b"\nnext\n")
    assert whole(found) == line.decode() + "\nnext\n"
    assert max(len(each.text) for each in found) <= 128 << 10
    assert [each.partial for each in found[-2:]] == [False, False]
    home = tmp_path / "short"
    home.mkdir()
    assert len(written(home, b"y" * 65_000 + b"\n")) == 1


def test_a_line_can_neither_forge_a_record_nor_break_one(tmp_path: Path) -> None:
    forged = b"2031-04-07T02:00:00.123Z\tsys\tload\t1\t\t" + log.marker(5, 6).encode()
    found = written(tmp_path, forged + b"\r\x1b[31mred\x1b[0m\tx\n")
    assert [each.stream for each in found] == ["out"]
    assert not found[0].leaves_out
    assert found[0].text == forged.decode() + "\r\x1b[31mred\x1b[0m\tx"


def test_a_record_names_step_and_scope_whatever_they_are_called(tmp_path: Path) -> None:
    scope = "a\tb\nc\\t\\"
    (found,) = written(tmp_path, b"x\n", step="read#2", scope=scope, attempt=3)
    assert (found.step, found.scope, found.attempt, found.text) == ("read#2", scope, 3, "x")


@pytest.mark.parametrize("seed", range(5))
def test_any_bytes_become_valid_text_without_nul(tmp_path: Path, seed: int) -> None:
    data = random.Random(seed).randbytes(200_000)
    found = written(tmp_path, *(data[at : at + 7_001] for at in range(0, len(data), 7_001)), flush=seed % 2 == 0)
    stored = (tmp_path / "log").read_bytes().decode()
    assert "\0" not in stored
    assert whole(found).count("\n") == data.count(b"\n") + (not data.endswith(b"\n"))


def test_nul_is_shown(tmp_path: Path) -> None:
    assert whole(written(tmp_path, b"a\0b\n")) == "a␀b\n"


@pytest.mark.parametrize("flush", [False, True])
def test_a_key_of_ours_is_masked_wherever_it_is_cut(tmp_path: Path, flush: bool) -> None:
    line = b"token=" + KEY + b"; next\n"
    for cut in range(1, len(line)):
        home = tmp_path / str(cut)
        home.mkdir()
        assert whole(written(home, line[:cut], line[cut:], flush=flush)) == "token=rb_key_***; next\n"


def test_a_key_in_a_long_line_and_at_its_end_is_masked(tmp_path: Path) -> None:
    line = b"x" * 65_530 + KEY + b"y!" + b"z" * 70_000 + KEY
    found = written(tmp_path, *(line[at : at + 65_536] for at in range(0, len(line), 65_536)))
    assert "0123456789" not in whole(found)
    assert whole(found).count("rb_key_***") == 2


def test_words_that_only_begin_like_a_key_are_left_alone(tmp_path: Path) -> None:
    text = "r rb rb_ rb_key her rb\n"
    assert whole(written(tmp_path, text.encode(), flush=True)) == text
    home = tmp_path / "end"
    home.mkdir()
    assert whole(written(home, b"bar", flush=True)) == "bar\n"


def test_a_full_log_keeps_head_and_tail_with_a_marker_between(tmp_path: Path) -> None:
    lines = [b"line %06d\n" % n for n in range(50_000)]
    limit = 100_000
    found = written(tmp_path, *(b"".join(lines[at : at + 100]) for at in range(0, len(lines), 100)), log_bytes=limit)
    assert (tmp_path / "log").stat().st_size <= limit
    (at,) = [place for place, each in enumerate(found) if each.leaves_out]
    assert [each.text for each in found[:at]] == [f"line {n:06}" for n in range(at)]
    tail = [each.text for each in found[at + 1 :]]
    assert len(tail) > 100
    assert tail == [f"line {n:06}" for n in range(50_000 - len(tail), 50_000)]
    left_out = sum(len(line) for line in lines[at : 50_000 - len(tail)])
    assert found[at].text.startswith(f"… {left_out} bytes")


def test_every_later_step_of_a_full_log_still_has_its_tail(tmp_path: Path) -> None:
    for n in range(4):
        written(tmp_path, b"x" * 90 + b"\n", *[b"y" * 90 + b"\n"] * 3000, b"end of %d\n" % n, log_bytes=100_000)
    found = records(an_order(tmp_path))
    assert [each.text for each in found if each.text.startswith("end of")] == [f"end of {n}" for n in range(4)]
    assert sum(each.leaves_out for each in found) == 4
    assert (tmp_path / "log").stat().st_size < 150_000


def test_a_log_that_just_fits_has_no_marker(tmp_path: Path) -> None:
    found = written(tmp_path, *[b"x" * 90 + b"\n"] * 500, log_bytes=100_000)
    assert len(found) == 500
    assert not any(each.leaves_out for each in found)


def test_several_hands_append_whole_records_to_one_log(tmp_path: Path) -> None:
    writers = {name: LogWriter(an_order(tmp_path, step=name)) for name in ("a", "b", "c")}
    for n in range(200):
        for name, writer in writers.items():
            writer.take("out", f"{name} {n}\n".encode())
    for writer in writers.values():
        writer.close()
    found = records(an_order(tmp_path))
    for name in writers:
        assert [each.text for each in found if each.step == name] == [f"{name} {n}" for n in range(200)]


def test_a_full_disk_costs_output_and_not_the_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, room = os.write, [500]

    def write(handle: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(28, "No space left on device")
        done = real(handle, bytes(data)[: room[0]])
        room[0] -= done
        return done

    writer = LogWriter(an_order(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        for n in range(100):
            writer.take("out", b"line %d\n" % n)
    writer.close()  # there is room again
    found = records(an_order(tmp_path))
    assert found[-1].text == "line 99"
    assert found[0].text == "line 0"


def test_idle_partial_lines_are_due_and_whole_lines_are_not(tmp_path: Path) -> None:
    writer = LogWriter(an_order(tmp_path))
    writer.take("out", b"prompt> ")
    assert writer.flush_at is not None
    writer.take("err", b"whole\n")
    assert writer.flush_at is not None
    writer.flush()
    assert writer.flush_at is None
    writer.take("out", b"answer\n")
    writer.close()
    assert [(each.text, each.partial) for each in records(an_order(tmp_path)) if each.stream == "out"] == [
        ("prompt> ", True), ("answer", False),
    ]  # fmt: skip


@pytest.mark.anyio
async def test_a_prompt_without_line_end_is_in_the_log_while_the_step_waits(place: Workplace) -> None:
    order = place.order(script="printf 'ready? '; until grep -qs ready ../log; do sleep 0.05; done")
    await place.run(order)
    assert text_of(order).startswith("ready? ")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "command",
    ["head -c 150000000 /dev/zero | tr '\\0' x", "head -c 100000000 /dev/zero", "yes | head -c 50000000"],
)
async def test_a_flood_neither_blocks_the_job_nor_grows_the_hand(place: Workplace, command: str) -> None:
    await place.run(argv=("true",))
    before = _memory_kib(place)
    order = place.order(script=f"{command}; echo; echo the end", log_bytes=4 << 20)
    outcome = await place.run(order)
    assert type(outcome).__name__ == "Succeeded"
    assert _memory_kib(place, "VmHWM") - before < 32 << 10
    assert len(stored(order)) <= 4 << 20
    assert records(order)[-1].text == "the end"
    assert sum(each.leaves_out for each in records(order)) == 1


@pytest.mark.anyio
async def test_a_reader_always_sees_a_prefix_of_the_final_log(place: Workplace) -> None:
    order = place.order(
        script="for n in $(seq 300); do echo line $n; echo err $n >&2; done; seq 20000", log_bytes=200_000
    )
    running = asyncio.create_task(place.run(order))
    seen = []
    while not running.done():
        seen.append(stored(order))
        await asyncio.sleep(0.002)
    assert all(stored(order).startswith(each) for each in seen)


def stored(order: StepOrder) -> bytes:
    file = Path(order.home) / "log"
    return file.read_bytes() if file.exists() else b""


def _memory_kib(place: Workplace, line: str = "VmRSS") -> int:
    status = Path(f"/proc/{place.hand.process.pid}/status").read_text()
    return int(next(each.split()[1] for each in status.splitlines() if each.startswith(line)))
