"""Python steps: how a function is found and called, what it answers, and what it can not leave behind."""

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from runbell.domain.data import output_files
from runbell.domain.job import ParameterType
from runbell.domain.outcome import Failed, Succeeded
from runbell.domain.status import ExitStatus
from tests.runners.workplace import Workplace, names_in, records, result_of, survivors, text_of

pytestmark = pytest.mark.anyio


async def test_a_function_gets_its_parameters_typed_and_only_those_it_takes(place: Workplace) -> None:
    place.module("load", "def main(limit, day, at, price, ratio: float, *, note='none'):\n"
                 "    return [repr(each) for each in (limit, day, at, price, ratio, note)]")  # fmt: skip
    params = {
        "limit": 5, "day": "2030-01-02", "at": "2030-01-02T03:04:05Z", "price": "1.10", "ratio": "0.5", "other": 1,
    }  # fmt: skip
    types = {
        "limit": ParameterType.INT, "day": ParameterType.DATE, "at": ParameterType.DATETIME,
        "price": ParameterType.DECIMAL, "ratio": ParameterType.DECIMAL,
    }  # fmt: skip
    outcome = await place.run(target="load:main", params=params, types=types)
    day, at = date(2030, 1, 2), datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert result_of(outcome) == ["5", repr(day), repr(at), "Decimal('1.10')", "0.5", "'none'"]


async def test_keyword_rest_takes_every_parameter(place: Workplace) -> None:
    place.module("load", "def main(**rest): return rest")
    assert result_of(await place.run(target="load:main", params={"a": 1, "b": [2]})) == {"a": 1, "b": [2]}


async def test_the_context_tells_and_takes(place: Workplace) -> None:
    place.module(
        "load",
        "from pathlib import Path\n"
        "from runbell import Context\n"
        "def main(told: Context):\n"
        "    Path('report.csv').write_text('a,b')\n"
        "    told.output_file('report.csv')\n"
        "    told.log('line', 1)\n"
        "    told.exit_status('WARN', '3 rows left out')\n"
        "    return [told.id, told.number, told.job, told.step, told.scope, told.attempt, told.epoch,\n"
        "            str(told.workspace), dict(told.params)]\n",
    )
    order = place.order(target="load:main", scope="EU", params={"x": 1})
    outcome = await place.run(order)
    assert isinstance(outcome, Succeeded)
    assert outcome.exit_status == ExitStatus("WARN", "3 rows left out")
    workspace = f"{order.home}/workspace"
    assert result_of(outcome) == [f"run_{order.execution}", 7, "load", "main", "EU", 1, 3, workspace, {"x": 1}]
    (report,) = output_files(outcome.data)
    assert (report.name, report.size, report.content_type) == ("report.csv", 3, "text/csv")
    assert (Path(order.home) / "data" / report.file).read_text() == "a,b"
    assert text_of(order) == "line 1\n"


async def test_progress_is_told_and_the_last_one_counts(place: Workplace) -> None:
    place.module(
        "load",
        "import time\ndef main(ctx):\n    for n in range(500): ctx.progress(n, 500, f'page {n}')\n    time.sleep(1.2)",
    )
    await place.run(target="load:main")
    (told,) = place.notes
    assert (told.progress.done, told.progress.total, told.progress.message) == (499, 500, "page 499")  # type: ignore[union-attr]


async def test_a_python_step_that_is_quick_tells_its_last_progress(place: Workplace) -> None:
    place.module("load", "def main(ctx):\n    for n in range(3): ctx.progress(n + 1, 3)")
    await place.run(target="load:main")
    assert [note.progress.done for note in place.notes] == [3]  # type: ignore[union-attr]


async def test_an_exception_fails_the_step_and_its_traceback_is_in_the_log(place: Workplace) -> None:
    place.module("load", "def main():\n    print('begun')\n    raise ValueError('no such row')\n")
    order = place.order(target="load:main")
    failed = await place.run(order)
    assert isinstance(failed, Failed)
    assert (failed.error.code, failed.error.detail) == ("ERROR", "ValueError: no such row")
    assert failed.error.log_tail[-1] == "ValueError: no such row"
    assert 'load.py", line 3, in main' in text_of(order, "err")
    assert "worker.py" not in text_of(order)


@pytest.mark.parametrize(
    ("code", "expected"),
    [("0", "OK"), ("None", "OK"), ("3", "WARN"), ("4", 4), ("'out of rows'", 1), ("-1", 255), ("True", 1)],
)
async def test_sys_exit_counts_as_an_exit_code(place: Workplace, code: str, expected: str | int) -> None:
    place.module("load", f"import sys\ndef main(): sys.exit({code})")
    outcome = await place.run(target="load:main", exit_codes={3: "WARN"})
    if isinstance(expected, str):
        assert outcome == Succeeded(ExitStatus(expected))
    else:
        assert isinstance(outcome, Failed)
        assert outcome.error.exit_code == expected


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("import os; os._exit(7)", "exit code 7"),
        ("import os; os.kill(os.getpid(), 11)", "SIGSEGV"),
        ("return object()", "JSON"),
        ("return {1, object}", "JSON"),
        ("return 'x' * (65 << 20)", "67108864"),
        ("return '\\ud800'", "JSON"),
        ("x = []; x.append(x); return x", "JSON"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise GeneratorExit('odd')", "GeneratorExit: odd"),
        ("nope", "NameError"),
    ],
)
async def test_whatever_a_function_does_is_answered_and_the_next_step_runs(
    place: Workplace, body: str, said: str
) -> None:
    place.module("load", f"def main(): {body}\ndef fine(): return 1")
    failed = await place.run(target="load:main")
    assert isinstance(failed, Failed), failed
    assert said in failed.error.detail
    assert result_of(await place.run(target="load:fine")) == 1


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("nomodule:main", "no module nomodule"),
        ("load:nothing", "no function nothing"),
        ("load:number", "no function number"),
        ("signal:main", "rename it"),
        ("broken:main", "SyntaxError"),
        ("needs:main", "No module named 'not_there'"),
    ],
)
async def test_what_cannot_be_called_is_named(place: Workplace, target: str, said: str) -> None:
    place.module("load", "number = 1")
    place.module("signal", "def main(): pass")
    place.module("broken", "def main(:")
    place.module("needs", "import not_there")
    failed = await place.run(target=target)
    assert isinstance(failed, Failed)
    assert said in failed.error.detail


async def test_values_with_a_plain_form_become_json(place: Workplace) -> None:
    place.module(
        "load",
        "from dataclasses import dataclass\nfrom datetime import date\nfrom decimal import Decimal\n"
        "from pathlib import Path\n"
        "@dataclass\nclass Row:\n    path: Path\n    price: Decimal\n    day: date\n"
        "def main(): return Row(Path('/x'), Decimal('1.10'), date(2030, 1, 2))\n",
    )
    outcome = await place.run(target="load:main")
    assert result_of(outcome) == {"path": "/x", "price": "1.10", "day": "2030-01-02"}


async def test_a_worker_stays_warm_until_its_file_changes(place: Workplace) -> None:
    place.module("tools", "answer = 1")
    place.module("load", "import os, tools\ndef main(): return [os.getpid(), tools.answer]")
    first, same = [result_of(await place.run(target="load:main")) for _ in range(2)]
    assert first == same
    place.module("tools", "answer = 2")
    other = result_of(await place.run(target="load:main"))
    assert other[1] == 2
    assert other[0] != first[0]
    assert not (place.folder / "__pycache__").exists()


async def test_another_folder_gets_another_worker(place: Workplace, tmp_path: Path) -> None:
    place.module("load", "import os\ndef main(): return os.getpid()")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "load.py").write_text("import os\ndef main(): return -os.getpid()")
    assert result_of(await place.run(target="load:main")) > 0
    assert result_of(await place.run(target="load:main", folder=str(elsewhere))) < 0


@pytest.mark.parametrize(
    "left",
    [
        "import threading; threading.Thread(target=__import__('time').sleep, args=(60,), daemon=True).start()",
        "import subprocess; subprocess.Popen(['sleep', '96'])",
        "import os; os.fork() or __import__('time').sleep(94)",
    ],
)
async def test_a_worker_that_something_was_left_in_is_replaced(place: Workplace, left: str) -> None:
    place.module("load", f"import os\ndef main():\n    {left}\n    return os.getpid()\ndef pid(): return os.getpid()")
    order = place.order(target="load:main")
    outcome = await place.run(order)
    assert isinstance(outcome, Succeeded), text_of(order)
    assert survivors(order) == []
    assert result_of(outcome) != result_of(await place.run(target="load:pid"))


async def test_a_daemon_that_left_the_workers_tree_is_ended_too(place: Workplace) -> None:
    start = "subprocess.Popen(['sh', '-c', 'sleep 95 > /dev/null 2>&1 &'], start_new_session=True).wait()"
    place.module("load", f"import subprocess\ndef main(): {start}")
    order = place.order(target="load:main")
    assert isinstance(await place.run(order), Succeeded)
    assert survivors(order) == []


async def test_a_step_finds_nothing_of_the_one_before(place: Workplace) -> None:
    place.module(
        "load",
        "import os, sys\n"
        "def spoil():\n"
        "    os.environ['LEFT'] = '1'; os.environ['LANG'] = 'xx'; os.umask(0); os.chdir('/'); sys.stdout = None\n"
        "def look():\n"
        "    print('heard')\n"
        "    return [os.environ.get('LEFT'), os.environ['LANG'], os.umask(0o77), os.path.basename(os.getcwd())]\n",
    )
    await place.run(target="load:spoil")
    order = place.order(target="load:look")
    assert result_of(await place.run(order)) == [None, "C.UTF-8", 0o77, "workspace"]
    assert text_of(order) == "heard\n"


async def test_what_a_function_and_its_commands_print_is_in_the_log(place: Workplace) -> None:
    place.module(
        "load",
        "import subprocess, sys\n"
        "def main():\n    print('out'); print('err', file=sys.stderr); subprocess.run(['echo', 'child'])\n"
        "    sys.stdout.write('no line end')\n",
    )
    order = place.order(target="load:main")
    await place.run(order)
    assert sorted((each.stream, each.text) for each in records(order)) == [
        ("err", "err"), ("out", "child"), ("out", "no line end"), ("out", "out"),
    ]  # fmt: skip


async def test_the_worker_has_none_of_the_hands_descriptors_and_an_environment_of_its_own(place: Workplace) -> None:
    place.module(
        "load", "import os\ndef main(): return [sorted(map(int, os.listdir('/proc/self/fd'))), dict(os.environ)]"
    )
    handles, environment = result_of(await place.run(target="load:main", params={"n": 5}, env={"COLOUR": "blue"}))
    assert handles[:4] == [0, 1, 2, 3]
    assert len(handles) == 5  # the fifth is the listing itself
    assert environment["COLOUR"] == "blue"
    assert environment["RUNBELL_PARAM_N"] == "5"
    assert not environment.keys() & {"PYTHONPATH", "VIRTUAL_ENV", "RUNBELL_HAND"}


async def test_a_time_limit_ends_code_that_never_looks_at_signals(place: Workplace) -> None:
    place.module("load", "import re\ndef main(): re.match(r'(a|aa)+$', 'a' * 60 + 'b')")
    failed = await place.run(target="load:main", timeout_ms=200, grace_ms=100)
    assert isinstance(failed, Failed)
    assert failed.error.code == "TIMEOUT"


async def test_a_large_order_and_a_large_result_travel_whole(place: Workplace) -> None:
    place.module("load", "def main(text): return text")
    text = "é" * 120_000
    assert result_of(await place.run(target="load:main", params={"text": text})) == text


async def test_a_hand_runs_one_step_after_the_other_for_a_long_time(place: Workplace) -> None:
    place.module("load", "def main(n): return n")
    handles = len(names_in(f"/proc/{place.hand.process.pid}/fd"))
    results = [result_of(await place.run(target="load:main", params={"n": n})) for n in range(300)]
    assert results == list(range(300))
    await place.run(argv=("true",))
    await asyncio.sleep(0)
    assert len(names_in(f"/proc/{place.hand.process.pid}/fd")) <= handles + 8
