"""The decorators: a decorated function stays a function; what is wrong with it is said when it is decorated."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import runbell
from runbell.authoring import Context, Secret, job, step
from runbell.authoring.jobs import definition, is_job
from runbell.authoring.steps import StepOptions, record_with
from runbell.domain.job import OnLost, Retry


def test_a_decorated_function_is_just_a_function() -> None:
    @job(title="Add")
    def add(a: int, b: int = 2) -> int:
        """Adds."""
        return read(a) + b

    @step(retry=3)
    def read(a: int) -> int:
        """Reads."""
        return a

    assert add(1) == 3
    assert (add.__name__, read.__name__, read.__doc__) == ("add", "read", "Reads.")
    assert is_job(add)
    assert not is_job(read)


def test_the_keywords_become_the_members_of_a_job_file() -> None:
    @job(
        name="x", title="T", project="blue", running=1, when_full="reject", grace="1s", log="1MiB", priority=3,
        tags=("a",), ids={"dvsum": 7}, env={"A": "b"}, then=({"job": "y", "on": "ended"},), restart=False,
        retry={"attempts": 2, "delay": "1s"}, on_lost="skip", retention={"count": 5},
    )  # fmt: skip
    def anything() -> None:
        """What it does.

        And more.
        """

    assert definition(anything, "jobs:anything") == {
        "job": "x",
        "title": "T",
        "description": "What it does.\n\nAnd more.",
        "project": "blue",
        "tags": ["a"],
        "ids": {"dvsum": 7},
        "env": {"A": "b"},
        "then": [{"job": "y", "on": "ended"}],
        "restart": False,
        "retention": {"count": 5},
        "limits": {"running": 1, "when_full": "reject", "grace": "1s", "log": "1MiB", "priority": 3},
        "steps": [
            {"name": "x", "python": "jobs:anything", "takes_job": True, "retry": {"attempts": 2, "delay": "1s"},
             "on_lost": "skip"},
        ],
    }  # fmt: skip


def test_a_recorder_gets_each_call_with_what_the_decorator_was_told() -> None:
    calls: list[Any] = []

    @step(name="get", retry={"attempts": 3, "delay": "2s", "factor": 3, "max": "1m"}, timeout="5m", on_lost="rerun")
    def read(a: int, *, b: int) -> int:
        return a + b

    def recorder(options: StepOptions, function: Any, args: Any, kwargs: Any) -> Any:
        calls.append((options, args, kwargs))
        return function(*args, **kwargs) * 10

    record_with(recorder)
    try:
        assert read(1, b=2) == 30
    finally:
        record_with(None)
    assert read(1, b=2) == 3
    retry = Retry(attempts=3, delay_ms=2_000, factor=3.0, max_ms=60_000)
    options = StepOptions(name="get", retry=retry, timeout_ms=300_000, on_lost=OnLost.RERUN)
    assert calls == [(options, (1,), {"b": 2})]


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"retry": 0}, "at least 1 attempt"),
        ({"retry": {"attempt": 3}}, "attempts, delay"),
        ({"retry": {"factor": 0}}, "factor"),
        ({"timeout": "5 minutes"}, "10m"),
        ({"on_lost": "again"}, "rerun, fail or skip"),
    ],
)
def test_a_wrong_step_is_refused_when_it_is_decorated(said: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        step(**said)(lambda: None)


def test_coroutines_and_generators_are_no_steps() -> None:
    async def later() -> None: ...

    def many() -> Any:
        yield 1

    for function in (later, many):
        with pytest.raises(TypeError, match="plain `def`"):
            step(function)


def test_a_context_outside_of_a_server_does_no_harm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    context = Context(workspace=tmp_path)
    context.progress(1, 2, "half")
    context.exit_status("WARN", "x")
    context.log("line", 1)
    assert not context.stop_requested
    context.ask_to_stop()
    assert context.stop_requested
    (tmp_path / "a.csv").write_text("1")
    assert context.output_file("a.csv").read_text() == "1"
    assert context.output_file("new.csv") == tmp_path / "output" / "new.csv"
    for place in ("de", "fr"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "a.csv").write_text(place)
        assert context.output_file(f"{place}/a.csv") == tmp_path / "output" / place / "a.csv"
    assert (tmp_path / "output" / "de" / "a.csv").read_text() == "de"
    assert context.output_file(tmp_path / "fr" / "a.csv") == tmp_path / "output" / "fr" / "a.csv"
    assert context.output_file("../../elsewhere.csv") == tmp_path / "output" / "elsewhere.csv"
    assert capsys.readouterr().out == "line 1\n"


def test_the_public_names_are_there_and_no_others() -> None:
    assert {name: getattr(runbell, name) for name in runbell.__all__} == {
        "Context": Context, "Secret": Secret, "job": job, "step": step,
    }  # fmt: skip
    with pytest.raises(AttributeError, match="Context, Secret, job, step"):
        _ = runbell.jobs


def test_importing_the_package_loads_nothing_of_it() -> None:
    code = "import runbell, sys; print([name for name in sys.modules if name.startswith(('runbell.', 'msgspec'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
