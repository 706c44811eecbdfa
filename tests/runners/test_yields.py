"""What a step leaves besides its result: rows, exception records and files, and when nothing of them stays."""

import pytest

from runbell.domain.data import OutputFile, RowSet, exception_count, output_files
from runbell.domain.outcome import Failed, Succeeded
from tests.runners.kinds.asking import kept
from tests.runners.workplace import Workplace, names_in

pytestmark = pytest.mark.anyio


async def test_rows_and_records_of_a_function_are_kept_in_their_order(place: Workplace) -> None:
    place.module(
        "rows",
        "def main(ctx):\n"
        "    ctx.result_set(({'n': n} for n in range(3)), 'numbers')\n"
        "    ctx.exception_records([{'n': 1}], reason='odd', name='parity')\n"
        "    ctx.exception_records([{'n': 2}], reason=lambda row: f'{row[\"n\"]} is even', name='parity')\n",
    )
    outcome = await place.run(place.order(target="rows:main"))
    assert isinstance(outcome, Succeeded)
    numbers, parity = outcome.data
    assert isinstance(numbers, RowSet)
    assert isinstance(parity, RowSet)
    assert (numbers.kind, numbers.name, numbers.rows) == ("result", "numbers", 3)
    assert (parity.kind, parity.reasons) == ("exceptions", {"odd": 1, "2 is even": 1})


async def test_records_found_before_a_failure_are_kept(place: Workplace) -> None:
    place.module(
        "rows", "def main(ctx):\n    ctx.exception_records([{'n': 1}], reason='odd')\n    raise ValueError('enough')\n"
    )
    outcome = await place.run(place.order(target="rows:main"))
    assert isinstance(outcome, Failed)
    assert exception_count(outcome.data) == 1


async def test_two_result_sets_of_one_name_fail_the_step(place: Workplace) -> None:
    place.module("rows", "def main(ctx):\n    ctx.result_set([], 'x')\n    ctx.result_set([], 'x')\n")
    outcome = await place.run(place.order(target="rows:main"))
    assert isinstance(outcome, Failed)
    assert "called x already" in outcome.error.detail


async def test_files_of_a_command_are_kept_with_name_digest_and_type_and_links_are_not(place: Workplace) -> None:
    order = place.order(
        script="cd $RUNBELL_OUTPUT; mkdir sub; printf 1,2 > sub/a.csv; printf hi > b; ln -s /etc link; mkfifo pipe"
    )
    outcome = await place.run(order)
    assert isinstance(outcome, Succeeded)
    files = output_files(outcome.data)
    assert [(file.name, file.size, file.content_type) for file in files] == [
        ("b", 2, "application/octet-stream"), ("sub/a.csv", 3, "text/csv"),
    ]  # fmt: skip
    assert files[0].sha256 == "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"
    assert sorted(names_in(f"{order.home}/data")) == sorted(file.file for file in files)
    assert "output" not in names_in(order.home)


async def test_nothing_stays_of_a_step_that_was_stopped(place: Workplace) -> None:
    order = place.order(script="echo x > $RUNBELL_OUTPUT/a; touch ready; sleep 60")
    await place.stop(order)
    assert "output" not in names_in(order.home)
    assert "data" not in names_in(order.home)


async def test_the_files_of_a_failed_step_are_kept(place: Workplace) -> None:
    outcome = await place.run(place.order(script="echo x > $RUNBELL_OUTPUT/a; exit 3"))
    assert isinstance(outcome, Failed)
    assert [type(one) for one in outcome.data] == [OutputFile]


async def test_a_query_over_files_of_the_workspace_leaves_a_result_set(place: Workplace) -> None:
    order = place.order(script="printf 'a,b\\n1,x\\n2,y\\n' > t.csv")
    await place.run(order)
    task = {
        "sql": "select * from 't.csv' where a > :least",
        "bind": {"least": 1},
        "result": "rest",
        "rows": 10,
        "write": False,
    }
    outcome = await place.run(place.order(execution=order.execution, kind="sql", task=task))
    assert isinstance(outcome, Succeeded), outcome
    (rest,) = outcome.data
    assert isinstance(rest, RowSet)
    assert (rest.name, rest.rows, [column.name for column in rest.columns]) == ("rest", 1, ["a", "b"])


async def test_columns_that_were_named_are_there_without_a_row(place: Workplace) -> None:
    place.module("rows", "def main(ctx):\n    ctx.result_set([], 'none', columns=['id', 'name'])\n")
    outcome = await place.run(place.order(target="rows:main"))
    assert isinstance(outcome, Succeeded)
    [none] = outcome.data
    assert isinstance(none, RowSet)
    assert [(column.name, column.type) for column in none.columns] == [("id", "text"), ("name", "text")]


async def test_named_columns_choose_among_the_values_of_records(place: Workplace) -> None:
    place.module(
        "rows",
        "def main(ctx):\n"
        "    ctx.result_set([{'b': 2, 'a': 1, 'c': 3}, (4, 5), {'a': 6}], 'chosen', columns=['a', 'b'])\n",
    )
    order = place.order(target="rows:main")
    outcome = await place.run(order)
    assert isinstance(outcome, Succeeded)
    [chosen] = outcome.data
    assert isinstance(chosen, RowSet)
    assert kept(order, chosen) == [[1, 2], [4, 5], [6, None]]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("['abc']", "A row is a record of values by name, or a list of values, and not a single str."),
        ("[7]", "and not a single int."),
        ("[b'abc']", "and not a single bytes."),
        ("[(1, 2)], columns=['a']", "The row has 2 values, and there are 1 columns."),
    ],
)
async def test_what_is_no_row_is_refused_and_not_taken_apart(place: Workplace, rows: str, says: str) -> None:
    place.module("rows", f"def main(ctx):\n    ctx.result_set({rows})\n")
    outcome = await place.run(place.order(target="rows:main"))
    assert isinstance(outcome, Failed)
    assert says in outcome.error.detail
