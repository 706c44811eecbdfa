"""`@step` calls inside a Python job: recorded before and after, kept ones not run again, retried, limited."""

import asyncio
from pathlib import Path

import pytest

from runbell.domain.execution import ResultRef, StepExecution
from runbell.domain.job import OnLost
from runbell.domain.outcome import Failed, Gone, Succeeded
from runbell.domain.status import StepStatus
from runbell.ports.runner import InnerStep
from tests.runners.workplace import Workplace, result_of, text_of, until

pytestmark = pytest.mark.anyio

JOB = """
from datetime import date
from pathlib import Path
from runbell import Context, job, step

@job
def sums(ctx: Context, limit: int):
    return [read(limit), read(limit=limit + 1), day(), path()]

@step
def read(limit: int) -> int:
    print("read", limit)
    return inner(limit)

@step
def inner(limit: int) -> int:
    return limit * 2

@step(name="the day")
def day() -> date:
    print("day")
    return date(2030, 1, 2)

@step
def path() -> Path:
    print("path")
    return Path("x") / "y"

@job
def types():
    return [type(day()).__name__, type(path()).__name__]
"""


def inner(place: Workplace) -> list[StepExecution]:
    return [note.step for note in place.notes if isinstance(note, InnerStep)]


def kept(name: str, inline: str, status: StepStatus = StepStatus.SUCCEEDED, attempt: int = 1) -> StepExecution:
    return StepExecution(
        name=name, kind="python", status=status, attempt=attempt, inner=True, result=ResultRef(inline=inline)
    )


async def test_each_call_is_recorded_with_its_result(place: Workplace) -> None:
    place.module("load", JOB)
    outcome = await place.run(target="load:sums", takes_job=True, params={"limit": 5}, scope="EU")
    assert result_of(outcome) == [10, 12, "2030-01-02", "x/y"]
    told = inner(place)
    assert [(each.name, str(each.status)) for each in told] == [
        (name, status)
        for name in ("read", "read#2", "the day", "path")
        for status in ("running", "succeeded")
    ]  # fmt: skip
    assert {(each.kind, each.scope, each.attempt, each.inner) for each in told} == {("python", "EU", 1, True)}
    done = [each for each in told if each.status is StepStatus.SUCCEEDED]
    assert [each.result.inline for each in done if each.result] == ["10", "12", '"2030-01-02"', '"x/y"']
    assert all(each.ended_at and each.started_at and each.ended_at >= each.started_at for each in done)


async def test_a_kept_call_is_not_run_again_and_answers_in_its_own_type(place: Workplace) -> None:
    place.module("load", JOB)
    finished = (kept("read", "10"), kept("the day", '"2030-01-02"'), kept("path", '"x/y"', StepStatus.REUSED))
    order = place.order(target="load:sums", takes_job=True, params={"limit": 5}, kept=finished)
    assert result_of(await place.run(order)) == [10, 12, "2030-01-02", "x/y"]
    assert text_of(order) == "read 6\n"
    assert [each.name for each in inner(place)] == ["read#2", "read#2"]
    order = place.order(target="load:types", takes_job=True, kept=finished)
    assert result_of(await place.run(order)) == ["date", "PosixPath"]


async def test_a_large_kept_result_is_read_from_its_file(place: Workplace) -> None:
    place.module(
        "load", "from runbell import step\n@step\ndef big(): return 'x' * 300_000\ndef main(): return len(big())"
    )
    order = place.order(target="load:main", takes_job=True)
    assert result_of(await place.run(order)) == 300_000
    (done,) = [each for each in inner(place) if each.status is StepStatus.SUCCEEDED]
    assert done.result is not None
    assert done.result.file is not None
    again = place.order(execution=order.execution, target="load:main", takes_job=True, kept=(done,))
    place.notes.clear()
    assert result_of(await place.run(again)) == 300_000
    assert inner(place) == []


async def test_a_step_begins_only_when_its_beginning_is_on_record(place: Workplace) -> None:
    place.module("load", JOB)
    order = place.order(target="load:sums", takes_job=True, params={"limit": 5})
    told: list[InnerStep] = []
    running = asyncio.create_task(place.hand.run(order, told.append))  # type: ignore[arg-type]
    await until(lambda: told)
    await asyncio.sleep(0.1)
    assert not (Path(order.home) / "log").exists()
    for n in range(8):
        await until(lambda n=n: len(told) == n + 1)
        place.hand.noted()
    assert isinstance(await running, Succeeded)


async def test_a_failing_step_is_tried_again_and_each_attempt_recorded(place: Workplace) -> None:
    place.module(
        "load",
        "from pathlib import Path\nfrom runbell import step\n"
        "@step(retry={'attempts': 3, 'delay': '1ms'}, on_lost='rerun')\n"
        "def flaky():\n"
        "    Path('tries').open('a').write('x')\n"
        "    if len(Path('tries').read_text()) < 3: raise OSError('not yet')\n"
        "    return 'done'\n"
        "def main(): return flaky()\n",
    )
    before = kept("flaky", "1", StepStatus.LOST)
    assert result_of(await place.run(target="load:main", takes_job=True, kept=(before,))) == "done"
    assert [(each.attempt, str(each.status)) for each in inner(place)] == [
        (2, "running"), (2, "failed"), (3, "running"), (3, "failed"), (4, "running"), (4, "succeeded"),
    ]  # fmt: skip
    assert [each.error.detail for each in inner(place) if each.error] == ["OSError: not yet"] * 2
    assert {note.step.on_lost for note in place.notes if isinstance(note, InnerStep)} == {OnLost.RERUN}


async def test_a_failure_for_good_reaches_the_job_which_may_go_on(place: Workplace) -> None:
    place.module(
        "load",
        "from runbell import step\n"
        "@step\ndef bad(): raise ValueError('no row')\n"
        "@step\ndef odd(): return object()\n"
        "def main():\n    try: bad()\n    except ValueError: return 'went on'\n"
        "def falls(): bad()\n"
        "def unkept(): odd()\n",
    )
    assert result_of(await place.run(target="load:main", takes_job=True)) == "went on"
    failed = await place.run(target="load:falls", takes_job=True)
    assert isinstance(failed, Failed)
    assert failed.error.detail == "ValueError: no row"
    failed = await place.run(target="load:unkept", takes_job=True)
    assert isinstance(failed, Failed)
    assert "odd" in failed.error.detail
    assert "JSON" in failed.error.detail


async def test_a_step_over_its_time_limit_is_ended_and_not_tried_again(place: Workplace) -> None:
    place.module(
        "load",
        "import time\nfrom runbell import step\n"
        "@step(timeout='100ms', retry=3)\ndef slow(): time.sleep(60)\n"
        "def main(): slow()\n"
        "def goes_on():\n    try: slow()\n    except TimeoutError: return 'went on'\n",
    )
    failed = await place.run(target="load:main", takes_job=True)
    assert isinstance(failed, Failed)
    assert (failed.error.code, "0.1 s" in failed.error.detail) == ("TIMEOUT", True)
    assert [str(each.status) for each in inner(place)] == ["running", "failed"]
    assert result_of(await place.run(target="load:goes_on", takes_job=True)) == "went on"


async def test_a_step_that_hears_no_alarm_is_ended_by_the_hand(place: Workplace) -> None:
    place.module(
        "load",
        "import re\nfrom runbell import step\n"
        "@step(timeout='100ms')\ndef deaf(): re.match(r'(a|aa)+$', 'a' * 60 + 'b')\n"
        "def main(): deaf()\n",
    )
    failed = await place.run(target="load:main", takes_job=True, grace_ms=100)
    assert isinstance(failed, Failed)
    assert (failed.error.code, "0.1 s" in failed.error.detail) == ("TIMEOUT", True)


async def test_a_stop_between_two_attempts_is_heard(place: Workplace) -> None:
    place.module(
        "load",
        "from pathlib import Path\nfrom runbell import step\n"
        "@step(retry={'attempts': 3, 'delay': '1m'})\n"
        "def flaky():\n    Path('ready').touch(); raise OSError('not yet')\n"
        "def main(): flaky()\n",
    )
    gone, seconds = await place.stop(place.order(target="load:main", takes_job=True), grace_ms=30_000)
    assert isinstance(gone, Gone)
    assert gone.forced_at is None
    assert seconds < 10


async def test_a_step_in_a_thread_is_refused_with_a_sentence(place: Workplace) -> None:
    place.module(
        "load",
        "from concurrent.futures import ThreadPoolExecutor\nfrom runbell import step\n"
        "@step\ndef read(): return 1\n"
        "def main():\n    with ThreadPoolExecutor() as pool: return pool.submit(read).result()\n",
    )
    failed = await place.run(target="load:main", takes_job=True)
    assert isinstance(failed, Failed)
    assert "from a thread" in failed.error.detail


async def test_steps_of_a_plain_python_step_are_plain_calls(place: Workplace) -> None:
    place.module("load", JOB)
    outcome = await place.run(target="load:sums", params={"limit": 5})
    assert result_of(outcome)[:2] == [10, 12]
    assert inner(place) == []
