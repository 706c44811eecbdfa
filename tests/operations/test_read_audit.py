"""Old lines of the audit log are let go, and that they were is itself a line."""

from pathlib import Path

import pytest

from runbell.operations import read_audit
from runbell.ports.audit_table import AuditQuery
from tests.builders import NOON
from tests.house_of_cards import a_house

pytestmark = pytest.mark.anyio
DAY = 86_400_000


async def test_lines_older_than_the_setting_are_let_go_and_a_line_says_so(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("old", "a")
        house.clock.at = NOON + 10 * DAY
        await house.define("young", "a")
        house.clock.at = NOON + 12 * DAY
        assert (await read_audit.let_go(house.ports, 0)).lines == 0
        assert (await read_audit.let_go(house.ports, 12)).lines == 0
        assert (await read_audit.let_go(house.ports, 11)).lines == 1
        page = await house.ports.store.audit(AuditQuery(project=None))
        assert [(noted.entry.action, noted.entry.object) for noted in page.items] == [
            ("audit.prune", "audit"), ("jobs.put", "young"),
        ]  # fmt: skip
        assert (await read_audit.check(house.ports, 0, b"")).broken_at is None


async def test_a_check_stops_at_the_most_it_may_walk_and_says_that_there_is_more(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        for name in ("a", "b", "c"):
            await house.define(name, "a")
        first = await read_audit.check(house.ports, 0, b"", most=2)
        assert (first.lines, first.seq, first.over) == (2, 2, False)
        rest = await read_audit.check(house.ports, first.seq, first.head)
        assert (rest.lines, rest.seq, rest.over) == (1, 3, True)
