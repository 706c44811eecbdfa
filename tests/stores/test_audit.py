"""The audit log: every filter, a chain that tells of every touch, and letting go of what is old."""

from pathlib import Path
from typing import Any

import apsw
import pytest

from runbell.domain.audit import Entry
from runbell.domain.ids import new_id, public
from runbell.ports.audit_table import AuditPage, AuditQuery
from runbell.ports.store import Store
from runbell.stores.sqlite import audit, read_audit
from runbell.stores.sqlite.protocol import Denials, PruneAudit
from tests.builders import NOON
from tests.stores.sqlite.desk import a_database, done
from tests.stores.sqlite.test_plans import plan, unbounded

pytestmark = pytest.mark.anyio
RUN = public(new_id(NOON + 4))
TOUCHES = {
    "a line is taken out": "DELETE FROM audit WHERE seq = 4",
    "the first line is taken out": "DELETE FROM audit WHERE seq = 1",
    "the last lines are taken out": "DELETE FROM audit WHERE seq > 6",
    "the last line is taken out and its number too": "DELETE FROM audit WHERE seq = 4; UPDATE audit SET seq = seq - 1 "
    "WHERE seq > 4; UPDATE sqlite_sequence SET seq = 7 WHERE name = 'audit'",
    "a word is altered": "UPDATE audit SET actor = 'key:nobody' WHERE seq = 4",
    "a detail is altered": "UPDATE audit SET detail = '{}' WHERE seq = 4",
    "a time is altered": "UPDATE audit SET at = at + 1 WHERE seq = 4",
    "a line is added": "INSERT INTO audit SELECT 9, at, actor, action, project, object, outcome, address, request,"
    " detail, hash FROM audit WHERE seq = 8",
    "two lines change places": "UPDATE audit SET seq = -4 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5;"
    " UPDATE audit SET seq = 5 WHERE seq = -4",
    "a hash is altered": "UPDATE audit SET hash = zeroblob(32) WHERE seq = 4",
}


def a_line(place: int = 0, **said: Any) -> Entry:
    known: dict[str, Any] = {"actor": "key:a", "action": "executions.start", "project": "default", "object": "run_1"}
    return Entry(at=NOON + place, **(known | {"detail": {"n": place, "é": [1.5, None]}} | said))


def a_log(folder: Path, count: int = 8) -> apsw.Connection:
    db = a_database(folder)
    done(db, Denials([a_line(place) for place in range(count)]))
    return db


async def all_pages(store: Store, **asked: Any) -> list[int]:
    """The numbers of all lines, page after page."""
    found: list[int] = []
    page = AuditPage([], None)
    while True:
        page = await store.audit(AuditQuery(**({"project": None, "after": page.next} | asked)))
        found += [noted.seq for noted in page.items]
        if page.next is None:
            return found


async def test_every_filter_finds_its_lines_newest_first_by_itself_and_together(store: Store) -> None:
    await store.deny(
        [
            a_line(0), a_line(1, actor="key:b"), a_line(2, action="jobs.put", object="load"),
            a_line(3, outcome="denied", actor=""), a_line(4, project="other"), a_line(4, actor="key:b", object=RUN),
            a_line(5, action="executions.stop", object=RUN), a_line(4, action="executions.stop", object=RUN),
        ]
    )  # fmt: skip
    for limit in (1, 50):
        assert await all_pages(store, limit=limit) == [7, 8, 6, 5, 4, 3, 2, 1]
        assert await all_pages(store, limit=limit, actor="key:b") == [6, 2]
        assert await all_pages(store, limit=limit, action="jobs.put") == [3]
        assert await all_pages(store, limit=limit, action="executions.start", actor="key:a") == [5, 1]
        assert await all_pages(store, limit=limit, object=RUN) == [7, 8, 6]
        assert await all_pages(store, limit=limit, object=RUN, actor="key:a") == [7, 8]
        assert await all_pages(store, limit=limit, object=RUN, action="executions.start") == [6]
        assert await all_pages(store, limit=limit, object=RUN, since=NOON + 5) == [7]
        assert await all_pages(store, limit=limit, object=RUN, before=NOON + 5) == [8, 6]
        assert await all_pages(store, limit=limit, object=RUN, project="other") == []
        assert await all_pages(store, limit=limit, outcome="denied") == [4]
        assert await all_pages(store, limit=limit, outcome="done", project="default") == [7, 8, 6, 3, 2, 1]
        assert await all_pages(store, limit=limit, project="other") == [5]
        assert await all_pages(store, limit=limit, since=NOON + 2, before=NOON + 4) == [4, 3]
        assert await all_pages(store, limit=limit, actor="key:b", project="default", since=NOON + 2) == [6]
    assert [noted.seq for noted in await store.audit_from(2, 3)] == [3, 4, 5]


async def test_filters_that_no_index_has_together_look_at_a_bounded_number_of_lines(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_audit, "SCANNED", 3)
    await store.deny([a_line(place, object="rare" if place in {0, 7} else "run") for place in range(8)])
    first = await store.audit(AuditQuery(project=None, actor="key:a", outcome="done", action="executions.start"))
    assert ([noted.seq for noted in first.items], first.next) == ([8, 7, 6], (NOON + 5, 6))
    assert await all_pages(store, actor="key:a", outcome="done", limit=2) == [8, 7, 6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize("asked", [{}, *({name: "x"} for name in ("actor", "action", "object", "project")),
                                   {"outcome": "denied"}, {"outcome": "done", "action": read_audit.MOST}])  # fmt: skip
async def test_every_page_of_the_audit_log_walks_an_index_in_its_order(tmp_path: Path, asked: dict[str, str]) -> None:
    db = a_database(tmp_path)
    index, entry, values, _ = read_audit.choose(AuditQuery(**({"project": None} | asked)))  # type: ignore[arg-type]
    steps = plan(db, read_audit.walk(index, entry, "", "LIMIT ?", "seq, detail"), (*values, NOON, NOON, 5, 0, 50))
    assert unbounded(steps) == []
    assert [step for step in steps if f"USING INDEX {index} (" in step and "at>" in step.replace("?", "")], steps


async def test_a_chain_that_nobody_touched_is_whole(tmp_path: Path) -> None:
    chain = audit.check(a_log(tmp_path), 0, b"", 100)
    assert (chain.lines, chain.seq, chain.broken_at, chain.over) == (8, 8, None, True)


@pytest.mark.parametrize("touch", TOUCHES.values(), ids=TOUCHES)
async def test_a_touched_line_breaks_the_chain_where_it_was_touched(tmp_path: Path, touch: str) -> None:
    db = a_log(tmp_path)
    db.execute(touch)
    chain = audit.check(db, 0, b"", 100)
    expected = 1 if "seq = 1" in touch else 7 if "seq > 6" in touch else 9 if "SELECT 9" in touch else 4
    assert chain.broken_at == expected


async def test_a_walk_in_pieces_finds_what_a_walk_in_one_finds(tmp_path: Path) -> None:
    db = a_log(tmp_path)
    first = audit.check(db, 0, b"", 5)
    assert (first.lines, first.over) == (5, False)
    assert audit.check(db, first.seq, first.head, 100).broken_at is None
    assert audit.check(db, 5, b"another hash", 100).broken_at == 5
    db.execute(TOUCHES["a word is altered"].replace("4", "6"))
    assert audit.check(db, first.seq, first.head, 100).broken_at == 6


async def test_what_is_old_is_let_go_and_the_rest_can_still_be_checked(tmp_path: Path) -> None:
    db = a_log(tmp_path)
    assert done(db, PruneAudit(NOON + 3, 2)) == [2]
    assert done(db, PruneAudit(NOON + 3, 50), PruneAudit(NOON + 3, 50)) == [1, 0]
    assert [noted.seq for noted in read_audit.following(db, 0, 50)] == [4, 5, 6, 7, 8]
    whole = audit.check(db, 0, b"", 100)
    assert (whole.lines, whole.broken_at) == (5, None)
    db.execute("DELETE FROM audit WHERE seq = 4")
    assert audit.check(db, 0, b"", 100).broken_at == 4


async def test_a_log_whose_every_line_was_let_go_goes_on_where_it_ended(tmp_path: Path) -> None:
    db = a_log(tmp_path)
    assert done(db, PruneAudit(NOON + 100, 50)) == [8]
    done(db, Denials([a_line(200)]))
    chain = audit.check(db, 0, b"", 100)
    assert (chain.lines, chain.seq, chain.broken_at) == (1, 9, None)


async def test_an_end_that_was_seen_earlier_must_still_stand_there(tmp_path: Path) -> None:
    """Whoever can write the file can make the whole chain anew; not so that it holds a hash that was taken away."""
    db = a_log(tmp_path)
    seen = audit.check(db, 0, b"", 100)
    db.execute("DELETE FROM audit; DELETE FROM sqlite_sequence WHERE name = 'audit'")
    done(db, Denials([a_line(place, actor="key:forged") for place in range(8)]))
    assert audit.check(db, 0, b"", 100).broken_at is None
    assert audit.check(db, seen.seq, seen.head, 100).broken_at == 8
    done(db, PruneAudit(NOON + 100, 50))
    assert audit.check(db, seen.seq, seen.head, 100).broken_at == 8
