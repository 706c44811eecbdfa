"""Searching by any condition: the store's answer is that of plain Python over the same rows."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runbell.domain.execution import Execution, StepExecution
from runbell.domain.faults import InvalidField, Unavailable
from runbell.domain.search import (
    All,
    Among,
    AnyOf,
    Compared,
    Condition,
    Contains,
    Field,
    Missing,
    Not,
    Order,
    SomeStep,
    View,
    Word,
)
from runbell.domain.status import Status, StepStatus
from runbell.operations import define_job
from runbell.operations.search_executions import search
from runbell.stores.sqlite import search as stored
from tests.builders import NOON
from tests.house_of_cards import ADMIN, House, a_house

pytestmark = pytest.mark.anyio

WORDS = {status: Word(str(status).upper()) for status in Status} | {
    Status.SUCCEEDED: Word(None, "OK", ("RUNNING",)), Status.FAILED: Word(None, "ERROR"),
}  # fmt: skip
STEP_WORDS = {status: Word(str(status)) for status in StepStatus if status not in {StepStatus.PENDING}} | {
    StepStatus.SUCCEEDED: Word(None, "OK"),
}  # fmt: skip
VIEW = View("ocapi", WORDS, STEP_WORDS, "Organization", (Status.QUEUED,))
OF_EXECUTIONS = (Field.NUMBER, Field.JOB, Field.BEGAN, Field.ENDED, Field.WORD)
OF_STEPS = (Field.NUMBER, Field.STEP, Field.SCOPE, Field.BEGAN, Field.ENDED, Field.WORD)
TEXTS = ("load", "Übung", "other", "OK", "WARN", "ERROR", "QUEUED", "a", "b", "Organization", "shop", "LOA", "")
MOMENTS = tuple(NOON + offset for offset in (-1, 0, 1, 1_000, 2_000, 3_000, 5_000))
_WHOLE = {Field.NUMBER: st.integers(0, 9), Field.BEGAN: st.sampled_from(MOMENTS), Field.ENDED: st.sampled_from(MOMENTS)}


def leaves(fields: tuple[Field, ...]) -> st.SearchStrategy[Condition]:
    """Conditions on one field each."""

    def on(field: Field) -> st.SearchStrategy[Condition]:
        values: st.SearchStrategy[Any] = _WHOLE.get(field, st.sampled_from(TEXTS))
        among = st.builds(
            Among, st.just(field), st.lists(values, min_size=1, max_size=3).map(tuple), st.booleans()
        )  # fmt: skip
        compared = st.builds(Compared, st.just(field), st.sampled_from(["<", "<=", ">", ">="]), values)
        plain: st.SearchStrategy[Condition] = st.one_of(among, compared, st.just(Missing(field)))
        text = st.builds(Contains, st.just(field), st.sampled_from(TEXTS))
        return plain if field in {Field.BEGAN, Field.ENDED} else st.one_of(plain, text)

    return st.one_of([on(field) for field in fields])


def trees(fields: tuple[Field, ...]) -> st.SearchStrategy[Condition]:
    """Conditions within conditions."""

    def joined(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
        several = st.lists(inner, max_size=3).map(tuple)
        return st.one_of(st.builds(All, several), st.builds(AnyOf, several), st.builds(Not, inner))

    return st.recursive(leaves(fields), joined, max_leaves=6)


CONDITIONS = st.one_of(
    trees(OF_EXECUTIONS), st.builds(SomeStep, trees(OF_STEPS)),
    st.builds(All, st.tuples(trees(OF_EXECUTIONS), st.builds(Not, st.builds(SomeStep, trees(OF_STEPS))))),
)  # fmt: skip
ORDERS = st.lists(st.builds(Order, st.sampled_from(OF_EXECUTIONS), st.booleans()), max_size=2).map(tuple)
Row = tuple[Execution, list[tuple[int, StepExecution]]]


def holds(it: Condition, value: Any) -> bool:
    """Whether a condition holds; `value` answers a field's value, and (under "steps") such functions of its steps."""
    match it:
        case All(of):
            return all(holds(one, value) for one in of)
        case AnyOf(of):
            return any(holds(one, value) for one in of)
        case Not(of):
            return not holds(of, value)
        case SomeStep(of):
            return any(holds(of, step) for step in value("steps"))
        case Among(field, wanted, outside):
            return (value(field) in wanted) != outside
        case Missing(field):
            return value(field) is None
        case Compared(field, sign, wanted):
            held = value(field)
            signs = {"<": held is not None and held < wanted, ">": held is not None and held > wanted}
            return held is not None and (signs[sign[0]] or (len(sign) == 2 and held == wanted))
        case Contains(field, part):
            held = value(field)
            return held is not None and lower(part) in lower(str(held))


def lower(text: str) -> str:
    return "".join(chr(ord(letter) + 32) if "A" <= letter <= "Z" else letter for letter in text)


def value_of(row: Row, ids: dict[str, str]) -> Any:
    """The fields of one execution."""
    it, steps = row
    waiting = it.created_at if it.status is Status.QUEUED else None
    code = None if it.exit_status is None else it.exit_status.code
    known = {
        Field.NUMBER: it.number, Field.JOB: ids.get(it.job, it.job), Field.ENDED: it.ended_at,
        Field.BEGAN: it.started_at if it.started_at is not None else waiting, Field.WORD: WORDS[it.status].of(code),
    }  # fmt: skip
    latest = {(step.name, step.scope): (number, step) for number, step in steps}
    return lambda field: [step_value(*one) for one in latest.values()] if field == "steps" else known[field]


def step_value(number: int, step: StepExecution) -> Any:
    code = None if step.exit_status is None else step.exit_status.code
    known = {
        Field.NUMBER: number, Field.STEP: step.name, Field.SCOPE: step.scope or "Organization",
        Field.BEGAN: step.started_at, Field.ENDED: step.ended_at, Field.WORD: STEP_WORDS[step.status].of(code),
    }  # fmt: skip
    return lambda field: known[field]


def sorted_as(rows: list[Row], order: tuple[Order, ...], ids: dict[str, str]) -> list[int]:
    """The numbers in that order: what has no value last, ties by number in the direction of the first."""
    found = sorted(rows, key=lambda row: row[0].number, reverse=not order or order[0].descending)
    for one in reversed(order):
        with_value = [row for row in found if value_of(row, ids)(one.field) is not None]
        without = [row for row in found if value_of(row, ids)(one.field) is None]
        with_value.sort(key=lambda row: value_of(row, ids)(one.field), reverse=one.descending)
        found = with_value + without
    return [row[0].number for row in found]


async def rows_of(house: House) -> list[Row]:
    """Executions in many states, with their steps."""
    await house.define("load", "a", {"name": "b", "command": ["true"], "for_each": ["shop", "b"]})
    await house.define("other", {"name": "a", "command": ["true"], "retry": {"attempts": 2, "delay": "1ms"}},
                       ids={"ocapi": "Übung"})  # fmt: skip
    await house.define("held", "hold")
    house.script.held.add("hold")
    made = [await house.start("load")]
    await house.until(made[-1])
    house.clock.at += 1_000
    house.script.fails("a", 2, code="WARN")
    made.append(await house.start("other"))
    await house.until_waiting(made[-1])
    house.clock.at += 1_000
    house.engine.nudge()
    await house.until(made[-1])
    house.script.returns("a", "1", code="RUNNING")
    made.append(await house.start("other"))
    await house.until(made[-1])
    house.clock.at += 1_000
    made.append(await house.start("held"))
    await house.until_running("hold")
    made.append(await house.start("other", start_after=house.clock.at + 60_000))
    found: list[Row] = []
    for one in made:
        numbers = await house.ports.store.step_numbers(one.number)
        steps = await house.ports.store.steps(one.number)
        found.append((await house.look(one), [(numbers[step.slot], step) for step in steps]))
    return found


async def test_a_search_finds_what_plain_python_finds_in_the_same_order(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        rows = await rows_of(house)
        ids = {"other": "Übung"}
        drawn: list[tuple[Condition, tuple[Order, ...], int, int]] = []

        @settings(max_examples=400, database=None, suppress_health_check=list(HealthCheck))
        @given(CONDITIONS, ORDERS, st.integers(0, 3), st.integers(1, 4))
        def draw(where: Condition, order: tuple[Order, ...], start: int, count: int) -> None:
            drawn.append((where, order, start, count))

        draw()
        for where, order, start, count in drawn:
            found = await search(house.ports, ADMIN, where, VIEW, order, start=start, count=count)
            wanted = sorted_as([row for row in rows if holds(where, value_of(row, ids))], order, ids)
            shown = ([one.number for one in found.items], found.total)
            assert shown == (wanted[start : start + count], len(wanted)), (where, order, start, count)


async def test_only_what_the_caller_may_see_is_found_or_counted(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        for name in ("load", "other"):
            await house.define(name, "a")
            await house.start(name)
        stranger = ADMIN.__class__("key:x", "elsewhere", ADMIN.scopes)
        narrow = ADMIN.__class__("key:y", "default", ADMIN.scopes, frozenset({"other"}))
        assert (await search(house.ports, stranger, All(), VIEW, (), start=0, count=9)).total == 0
        found = await search(house.ports, narrow, All(), VIEW, (), start=0, count=9)
        assert ([one.job for one in found.items], found.total) == (["other"], 1)


async def test_a_search_that_is_too_large_or_takes_too_long_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await house.define("load", "a")
        for _ in range(3):
            await house.start("load")
        many = AnyOf(tuple(Among(Field.NUMBER, (number,)) for number in range(600)))
        with pytest.raises(InvalidField, match="at most 500 conditions"):
            await search(house.ports, ADMIN, many, VIEW, (), start=0, count=9)
        monkeypatch.setattr(stored, "LONGEST_S", -1.0)
        monkeypatch.setattr(stored, "_STEPS", 1)
        with pytest.raises(Unavailable, match="took too long"):
            await search(house.ports, ADMIN, All(), VIEW, (), start=0, count=9)
        monkeypatch.undo()
        assert (await search(house.ports, ADMIN, All(), VIEW, (), start=0, count=9)).total == 3


async def test_the_largest_search_that_is_let_in_can_be_carried_out(tmp_path: Path) -> None:
    async with a_house(tmp_path, serving=False) as house:
        await define_job.put(house.ports, ADMIN, "load", {"steps": [{"name": "a", "command": ["true"]}]})
        await house.start("load")
        wide = AnyOf(tuple(Among(Field.WORD, tuple(f"w{at}-{one}" for one in range(10))) for at in range(498)))
        assert (await search(house.ports, ADMIN, wide, VIEW, (), start=0, count=9)).total == 0
        deep: Condition = Missing(Field.ENDED)
        for _ in range(60):
            deep = Not(deep)
        assert (await search(house.ports, ADMIN, deep, VIEW, (), start=0, count=9)).total == 1
