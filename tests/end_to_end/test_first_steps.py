"""The small sample jobs: greet, break and mend, stop what does not want to end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from runbell.client import Client, JobFailed
from tests.end_to_end.serving import EXAMPLES, serving


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with serving(tmp_path_factory.mktemp("data"), EXAMPLES / "first-steps") as client:
        yield client


def test_hello_greets_as_often_as_it_is_asked(client: Client) -> None:
    done = client.run("hello", {"name": "Ada", "times": 2})
    said = [line.text for line in client.logs(done.id) if line.stream == "out"]
    assert said == ["Hello, Ada!", "Hello, Ada!", "Goodbye, Ada."]


def test_hello_in_python_does_the_same_and_returns_a_result(client: Client) -> None:
    done = client.run("hello-python", {"name": "Ada", "times": 2})
    assert done.result == {"greeted": 2}
    assert [line.text for line in client.logs(done.id) if line.stream == "out"] == ["Hello, Ada!"] * 2


def test_the_bridge_breaks_and_a_restart_goes_on_from_the_broken_step(client: Client, tmp_path: Path) -> None:
    mended = tmp_path / "mended"
    with pytest.raises(JobFailed) as failed:
        client.run("bridge", {"mended": str(mended)})
    broken = failed.value.execution
    assert broken.error is not None
    assert (broken.error.step, broken.error.exit_code) == ("cross", 4)
    set_out_at = next(line.text for line in client.logs(broken.id) if line.step == "set out")

    mended.touch()
    done = client.restart(broken.id, wait=30)

    assert done.status == "succeeded"
    assert {step.name: step.status for step in done.steps} == {
        "set out": "reused",
        "cross": "succeeded",
        "arrive": "succeeded",
    }
    assert done.result == {"set_out_at": set_out_at}


def test_a_stop_ends_the_stubborn_job_and_its_daemon(client: Client) -> None:
    running = client.start("stubborn")
    first = next(iter(client.logs(running.id, follow=True)))
    assert first.step == "dig in"
    daemons = processes_with('trap "" TERM HUP')

    report = client.stop(running.id)

    assert daemons
    assert (report.outcome, report.proof, report.survivors) == ("stopped", "observed", 0)
    assert processes_with('trap "" TERM HUP') == []


def processes_with(words: str) -> list[str]:
    """The processes of this machine whose command line holds these words."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if words in command:
            found.append(process.name)
    return found
