"""Command steps: what they find, what their end means, and that nothing of a value becomes code."""

import asyncio
import json
from pathlib import Path

import pytest

from runbell.domain.outcome import Failed, Succeeded
from runbell.domain.status import ExitStatus
from tests.runners.workplace import Workplace, names_in, records, result_of, survivors, text_of, until

pytestmark = pytest.mark.anyio

HOSTILE = [
    "$(touch canary)", "`touch canary`", "; touch canary", "| touch canary", "&& touch canary", "\n touch canary",
    "'; touch canary; '", '"; touch canary; "', "$HOME", "${IFS}touch${IFS}canary", "*", "~", "--help", "-rf /",
    "{parameters.x}", "%s%n", "\\", "''", "é\u2028\u202e", "a\tb", " ", "#", "!!", "<(touch canary)", "> canary",
]  # fmt: skip


async def test_output_goes_to_the_log_and_exit_code_zero_succeeds(place: Workplace) -> None:
    order = place.order(script="echo out; echo err >&2", step="load", scope="EU", attempt=2)
    assert await place.run(order) == Succeeded(ExitStatus("OK"))
    assert {(each.stream, each.text) for each in records(order)} == {("out", "out"), ("err", "err")}
    assert {(each.step, each.scope, each.attempt) for each in records(order)} == {("load", "EU", 2)}


async def test_listed_exit_codes_succeed_with_their_word_and_others_fail(place: Workplace) -> None:
    codes = {3: "WARN", 0: "FINE"}
    assert await place.run(script="exit 3", exit_codes=codes) == Succeeded(ExitStatus("WARN"))
    assert await place.run(script="exit 0", exit_codes=codes) == Succeeded(ExitStatus("FINE"))
    failed = await place.run(script="echo one; echo two; exit 4", exit_codes=codes, scope="EU")
    assert isinstance(failed, Failed)
    assert (failed.error.code, failed.error.exit_code, failed.error.scope) == ("ERROR", 4, "EU")
    assert failed.error.log_tail == ("one", "two")


async def test_the_error_carries_the_last_twenty_lines(place: Workplace) -> None:
    failed = await place.run(script="seq 1 100; exit 1")
    assert isinstance(failed, Failed)
    assert failed.error.log_tail == tuple(str(n) for n in range(81, 101))


async def test_a_death_by_signal_is_named(place: Workplace) -> None:
    failed = await place.run(script="kill -SEGV $$")
    assert isinstance(failed, Failed)
    assert "SIGSEGV" in failed.error.detail
    assert failed.error.exit_code is None


@pytest.mark.parametrize("argv", [("no-such-program",), ("./no-such-file",), ("/etc/passwd",), ("/",)])
async def test_what_cannot_be_started_fails_with_its_name(place: Workplace, argv: tuple[str, ...]) -> None:
    order = place.order(argv=argv)
    failed = await place.run(order)
    assert isinstance(failed, Failed)
    assert argv[0] in failed.error.detail
    assert failed.error.code == "NOT_STARTED"
    assert names_in(order.home) == []


async def test_a_nul_or_too_long_an_argument_fails_with_a_sentence(place: Workplace) -> None:
    for argument, said in (("a\0b", "null byte"), ("x" * 200_000, "too long")):
        failed = await place.run(argv=("echo", argument))
        assert isinstance(failed, Failed)
        assert said in failed.error.detail


async def test_no_value_ever_reaches_a_shell(place: Workplace) -> None:
    show = "import sys, json, os; json.dump([sys.argv[1:], os.environ['RUNBELL_PARAM_X']], open('seen', 'w'))"
    for value in HOSTILE:
        order = place.order(argv=("python3", "-c", show, value), params={"x": value})
        assert isinstance(await place.run(order), Succeeded)
        workspace = Path(order.home) / "workspace"
        assert json.loads((workspace / "seen").read_text()) == [[value], value]
        assert names_in(workspace) == ["seen"]


async def test_a_script_gets_values_from_its_environment_only(place: Workplace) -> None:
    order = place.order(script='printf "%s" "$RUNBELL_PARAM_X" > seen', params={"x": "$(touch canary)"})
    await place.run(order)
    workspace = Path(order.home) / "workspace"
    assert (workspace / "seen").read_text() == "$(touch canary)"
    assert names_in(workspace) == ["seen"]


async def test_the_environment_is_made_from_nothing(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNBELL_ADMIN_KEY", "top secret")
    order = place.order(argv=("env",), env={"COLOUR": "blue", "RUNBELL_STEP": "forged"}, params={"n": 5})
    await place.run(order)
    seen = dict(line.split("=", 1) for line in text_of(order).splitlines())
    own = {name: value for name, value in seen.items() if name.startswith("RUNBELL_") and "STEP" in name}
    assert own == {"RUNBELL_STEP": "main"}
    assert seen.keys() - {name for name in seen if name.startswith("RUNBELL_")} == {
        "PATH", "HOME", "LANG", "TZ", "COLOUR",
    }  # fmt: skip
    assert seen["RUNBELL_EXECUTION_ID"] == f"run_{order.execution}"
    assert (seen["RUNBELL_NUMBER"], seen["RUNBELL_JOB"], seen["RUNBELL_ATTEMPT"]) == ("7", "load", "1")
    assert (seen["RUNBELL_EPOCH"], seen["RUNBELL_FOLDER"]) == ("3", str(place.folder))
    assert seen["RUNBELL_WORKSPACE"] == f"{order.home}/workspace"
    assert "RUNBELL_SCOPE" not in seen
    assert "RUNBELL_ADMIN_KEY" not in seen


async def test_parameters_come_small_in_variables_and_large_in_files(place: Workplace) -> None:
    params = {
        "flag": True,
        "n": -3,
        "gone": None,
        "list": ["a", 1],
        "big": "x" * 40_000,
        "nul": "a\0b",
        "day": "2030-01-02",
    }
    show = (
        "import os, json; e = os.environ; read = lambda n: open(e['RUNBELL_PARAM_' + n + '_FILE'], newline='').read();"
        "names = sorted(n for n in e if n.startswith('RUNBELL_PARAM_'));"
        "print(json.dumps([names, json.load(open(e['RUNBELL_PARAMS'])), e['RUNBELL_PARAM_FLAG'], e['RUNBELL_PARAM_N'],"
        "read('LIST'), len(read('BIG')), read('NUL')]))"
    )
    order = place.order(argv=("python3", "-c", show), params=params)
    await place.run(order)
    names, everything, flag, number, listed, size, nul = json.loads(text_of(order))
    wanted = ["BIG_FILE", "DAY", "FLAG", "LIST_FILE", "N", "NUL_FILE"]
    assert names == [f"RUNBELL_PARAM_{name}" for name in sorted(wanted)]
    assert everything == params
    assert (flag, number, json.loads(listed), size, nul) == ("true", "-3", ["a", 1], 40_000, "a\0b")


async def test_a_program_beside_the_job_file_is_found(place: Workplace) -> None:
    program = place.folder / "tool"
    program.write_text("#!/bin/sh\necho from the folder $1\n")
    program.chmod(0o700)
    order = place.order(argv=("./tool", "x"))
    assert isinstance(await place.run(order), Succeeded)
    assert text_of(order) == "from the folder x\n"


async def test_the_result_is_the_json_that_was_written(place: Workplace) -> None:
    outcome = await place.run(script="""printf '{"rows": [1, 2]}' > "$RUNBELL_RESULT" """)
    assert result_of(outcome) == {"rows": [1, 2]}
    bad = await place.run(script='echo "{rows}" > "$RUNBELL_RESULT"')
    assert isinstance(bad, Failed)
    assert "no JSON" in bad.error.detail


async def test_a_link_is_not_followed_out_of_the_workspace(place: Workplace) -> None:
    secret = place.root / "secret.json"
    secret.write_text('"secret"')
    outcome = await place.run(script=f'ln -s {secret} "$RUNBELL_RESULT"; ln -s {secret} "$RUNBELL_EXIT_STATUS"')
    assert outcome == Succeeded(ExitStatus("OK"))


async def test_a_large_result_becomes_a_file_and_a_huge_one_fails(place: Workplace) -> None:
    make = "import os; f = open(os.environ['RUNBELL_RESULT'], 'w'); f.write('\"' + 'x' * {} + '\"')"
    order = place.order(argv=("python3", "-c", make.format(300_000)))
    outcome = await place.run(order)
    assert isinstance(outcome, Succeeded)
    assert outcome.result is not None
    assert outcome.result.file is not None
    kept = Path(order.home) / "results" / outcome.result.file
    assert len(json.loads(kept.read_text())) == 300_000
    assert names_in(kept.parent) == [kept.name]
    huge = await place.run(argv=("python3", "-c", make.format(65 << 20)))
    assert isinstance(huge, Failed)
    assert "67108864" in huge.error.detail


async def test_the_exit_status_file_names_code_and_message(place: Workplace) -> None:
    warned = await place.run(script='echo "WARN 3 rows left out" > "$RUNBELL_EXIT_STATUS"')
    assert warned == Succeeded(ExitStatus("WARN", "3 rows left out"))
    failed = await place.run(script='echo "NO_SPACE the disk is full" > "$RUNBELL_EXIT_STATUS"; exit 9')
    assert isinstance(failed, Failed)
    assert (failed.error.code, failed.error.detail) == ("NO_SPACE", "the disk is full")


async def test_progress_is_told_while_the_step_runs(place: Workplace) -> None:
    script = 'echo "1/4 page one" >> "$RUNBELL_PROGRESS"; echo "3/4 page three" >> "$RUNBELL_PROGRESS"; sleep 1.3'
    await place.run(script=script)
    (told,) = place.notes
    assert (told.progress.done, told.progress.total, told.progress.message) == (3, 4, "page three")  # type: ignore[union-attr]


async def test_the_last_progress_is_told_when_the_step_ends(place: Workplace) -> None:
    await place.run(script='echo "1/4" >> "$RUNBELL_PROGRESS"; sleep 1.3; echo "4/4 all" >> "$RUNBELL_PROGRESS"')
    assert [(note.progress.done, note.progress.message) for note in place.notes] == [(1, ""), (4, "all")]  # type: ignore[union-attr]


async def test_what_a_step_leaves_running_is_ended_with_it_at_once(place: Workplace) -> None:
    order = place.order(script="sleep 97 & (setsid sleep 98 > /dev/null 2>&1 &) ; echo done")
    outcome = await place.run(order)
    assert isinstance(outcome, Succeeded)
    assert text_of(order) == "done\n"
    assert survivors(order) == []


async def test_a_step_that_leaves_nothing_leaves_no_folder(place: Workplace) -> None:
    for said in ({"argv": ("true",)}, {"script": "touch x; rm x"}):
        order = place.order(**said)
        await place.run(order)
        assert names_in(order.home) == []


async def test_workspace_and_files_are_private(place: Workplace) -> None:
    order = place.order(script="touch file; echo x; stat -c %a . file; cp file $RUNBELL_OUTPUT/kept.csv")
    await place.run(order)
    assert text_of(order) == "x\n700\n600\n"
    assert names_in(order.home) == ["data", "log", "workspace"]
    assert [modes(path) for path in (order.home, f"{order.home}/log")] == ["700", "600"]


def modes(path: str) -> str:
    return oct(Path(path).stat().st_mode)[-3:]


async def test_steps_side_by_side_share_the_workspace_and_neither_takes_it_from_the_other(place: Workplace) -> None:
    other = await place.runner.take("default")
    long = place.order(script="until [ -e ../go ]; do sleep 0.02; done; echo kept > made; ls")
    short = place.order(execution=long.execution, argv=("true",), step="short")
    running = asyncio.create_task(place.run(long))
    await until(Path(long.home).exists)
    assert await other.run(short, lambda note: None) == Succeeded(ExitStatus("OK"))
    (Path(long.home) / "go").touch()
    assert isinstance(await running, Succeeded)
    assert (Path(long.home) / "workspace" / "made").read_text() == "kept\n"


async def test_the_time_limit_ends_a_step_and_says_so(place: Workplace) -> None:
    order = place.order(script="trap '' TERM; echo begun; while :; do sleep 0.1; done", timeout_ms=150, grace_ms=100)
    failed = await place.run(order)
    assert isinstance(failed, Failed)
    assert failed.error.code == "TIMEOUT"
    assert "0.15 s" in failed.error.detail
    assert failed.error.log_tail == ("begun",)
    assert survivors(order) == []


async def test_standard_input_is_empty_and_nothing_of_the_server_is_open(place: Workplace) -> None:
    order = place.order(script="cat; ls -l /proc/self/fd | wc -l; grep NoNewPrivs /proc/self/status; ulimit -c")
    await place.run(order)
    assert text_of(order).split() == ["5", "NoNewPrivs:", "1", "0"]


async def test_signals_reach_a_step_as_they_would_anywhere(place: Workplace) -> None:
    order = place.order(argv=("grep", "-E", "Sig(Ign|Blk)", "/proc/self/status"))
    await place.run(order)
    assert {line.split()[1] for line in text_of(order).splitlines()} == {"0" * 16}
