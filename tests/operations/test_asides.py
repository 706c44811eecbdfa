"""Refusals reach the audit log in bounded batches, equal ones together, and none is lost without being counted."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from runbell.domain.audit import Entry
from runbell.domain.faults import Unavailable
from runbell.operations.asides import Asides
from tests.builders import NOON
from tests.house_of_cards import a_house

pytestmark = pytest.mark.anyio


def refusal(name: str = "client:etl", address: str = "192.0.2.7") -> Entry:
    return Entry(at=NOON, actor=name, action="token.issue", project="", object="", outcome="denied", address=address)


class Table:
    """A table that takes batches, or is away."""

    def __init__(self) -> None:
        self.batches: list[list[Entry]] = []
        self.away = False

    async def deny(self, entries: list[Entry]) -> None:
        if self.away:
            raise Unavailable("Away.")
        self.batches.append(entries)


async def test_equal_refusals_become_one_line_that_says_how_often(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        denials = Asides("denials")
        for _ in range(3):
            denials.note(refusal())
        denials.note(refusal(address="192.0.2.8"))
        assert await denials.flush(house.ports.store, NOON) == 2
        found = await house.ports.store.audit_from(0, 10)
    assert [(line.entry.address, line.entry.outcome, line.entry.detail) for line in found] == [
        ("192.0.2.7", "denied", {"times": 3}), ("192.0.2.8", "denied", {}),
    ]  # fmt: skip


async def test_what_finds_no_room_is_counted_and_the_count_is_written_down() -> None:
    denials, table = Asides("denials", most=2), Table()
    for number in range(5):
        denials.note(refusal(f"client:{number}"))
    await denials.flush(table, NOON)  # type: ignore[arg-type]
    (lines,) = table.batches
    assert [line.actor for line in lines] == ["client:0", "client:1", "runbell"]
    assert (lines[-1].action, lines[-1].detail, denials.dropped) == ("denials.dropped", {"times": 3}, 3)


async def test_while_the_table_is_away_they_wait_and_stay_bounded() -> None:
    denials, table = Asides("denials", most=2), Table()
    table.away = True
    denials.note(refusal("client:a"))
    assert await denials.flush(table, NOON) == 0  # type: ignore[arg-type]
    for name in ("client:a", "client:b", "client:c"):
        denials.note(refusal(name))
    table.away = False
    await denials.flush(table, NOON)  # type: ignore[arg-type]
    assert [(line.actor, line.detail) for line in table.batches[0]] == [
        ("client:a", {"times": 2}), ("client:b", {}), ("runbell", {"times": 1}),
    ]  # fmt: skip


async def test_what_was_noted_last_is_written_when_the_server_leaves() -> None:
    denials, table = Asides("denials"), Table()
    keeping = asyncio.create_task(denials.keep(table, lambda: NOON))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    denials.note(refusal())
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping
    assert [line.actor for batch in table.batches for line in batch] == ["client:etl"]
