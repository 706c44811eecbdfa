"""The program as the shell and the terminal see it."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runbell.client import Client
from tests.end_to_end.serving import RUNBELL

from .conftest import Typed

HEAVY = ("cyclopts", "rich", "httpx2", "uvicorn", "starlette", "apsw", "runbell.assembly", "runbell.client")


@pytest.mark.parametrize("words", [["--help"], ["serve", "--port", "70000"]])
def test_the_overview_and_a_plain_serve_load_nothing_they_do_not_need(words: list[str]) -> None:
    code = (
        f"import sys; sys.argv = ['runbell', *{words!r}]; from runbell.__main__ import main; main();"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_goes_away_early_is_no_error() -> None:
    ended = subprocess.run(["sh", "-c", f"{RUNBELL} --help | true"], capture_output=True, text=True, check=True)
    assert ended.stderr == ""


def test_a_run_on_a_terminal_is_drawn_and_ctrl_c_asks_whether_to_stop_the_job(
    served: tuple[Path, Client], client: Client
) -> None:
    with Terminal(served[0], "run", "endless") as terminal:
        terminal.read_until("asleep")
        terminal.read_until("running")
        terminal.type("\x03")
        terminal.read_until("Stop the job too? [y/N]")
        terminal.type("y\n")
        terminal.read_until("is stopped: its last process was seen gone")
        assert terminal.process.wait(10) == 12
    assert next(client.executions(job="endless", limit=1)).status == "stopped"


def test_ctrl_c_alone_lets_go_of_the_job(served: tuple[Path, Client], client: Client) -> None:
    with Terminal(served[0], "run", "endless") as terminal:
        terminal.read_until("asleep")
        terminal.type("\x03")
        terminal.read_until("[y/N]")
        terminal.type("\n")
        terminal.read_until("goes on")
        assert terminal.process.wait(10) == 130
    running = next(client.executions(job="endless", limit=1))
    assert running.status == "running"
    client.stop(running.id, kill=True)


def test_colours_of_a_job_stay_on_a_terminal_and_nothing_else_does(served: tuple[Path, Client], client: Client) -> None:
    noisy = client.start("noisy", wait=20)
    with Terminal(served[0], "logs", str(noisy.number)) as terminal:
        shown = terminal.read_until("end")
    assert "\x1b[31mred\x1b[0m \\x1b]0;title\\x07" in shown


def test_no_color_means_none_even_on_a_terminal(served: tuple[Path, Client]) -> None:
    with Terminal(served[0], "run", "hello", NO_COLOR="1") as terminal:
        shown = terminal.read_until('"name"')
    assert "\x1b" not in shown
    assert "step greet: succeeded" in shown


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, folder: Path, *words: str, **environment: str) -> None:
        self._ours, theirs = pty.openpty()
        away = {"CI", "NO_COLOR", "RUNBELL_URL", "RUNBELL_TOKEN", "RUNBELL_DATA"}
        inherited = {name: value for name, value in os.environ.items() if name not in away}
        self.process = subprocess.Popen(
            [RUNBELL, *words], cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            env={**inherited, "TERM": "xterm", **environment}, preexec_fn=_take_terminal,  # noqa: PLW1509
        )  # fmt: skip
        os.close(theirs)
        self._seen = ""

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._ours)

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def read_until(self, words: str, within_s: float = 20) -> str:
        """All that was shown up to these words."""
        deadline = time.monotonic() + within_s
        while words not in self._seen and time.monotonic() < deadline:
            if select.select([self._ours], [], [], 0.1)[0]:
                try:
                    self._seen += os.read(self._ours, 65_536).decode(errors="replace")
                except OSError:  # the other end is closed
                    break
        before, found, self._seen = self._seen.partition(words)
        assert found, before
        return before + found


def _take_terminal() -> None:
    """Make it the controlling terminal, so that Ctrl-C becomes a signal."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_doctor_finds_the_server_and_ends_well(here: Typed) -> None:
    ended = here("doctor", "--jobs", "jobs")
    assert (ended.code, "FAIL" in ended.out) == (0, False)
    assert "answers and takes work" in ended.out
    assert "7 in YAML files" in ended.out


def test_doctor_names_what_is_broken_with_its_fix(here: Typed, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("job: bad\n")
    (tmp_path / "admin.key").write_text("secret")
    (tmp_path / "admin.key").chmod(0o644)
    ended = here("doctor", "--jobs", tmp_path, "--data", tmp_path, "--json")
    import json

    failed = {finding["name"]: finding["fix"] for finding in json.loads(ended.out) if finding["state"] == "fail"}
    assert ended.code == 1
    assert failed == {
        "data folder": f"chmod 600 {tmp_path}/admin.key",
        "jobs": f"runbell jobs validate {tmp_path}",
    }


def test_doctor_finds_a_database_of_a_newer_version_and_an_open_file_of_profiles(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    import apsw

    db = apsw.Connection(str(tmp_path / "runbell.db"))
    db.execute("CREATE TABLE migrations (number INTEGER, name TEXT); INSERT INTO migrations VALUES (9999, 'x')")
    db.close()
    file = Path(os.environ["RUNBELL_CONFIG"])
    file.write_text("{}")
    file.chmod(0o644)
    ended = typed("doctor", "--data", tmp_path, "--json")
    found = {one["name"]: (one["state"], one["fix"]) for one in json.loads(ended.out)}
    assert found["profiles"] == ("fail", f"chmod 600 {file}")
    assert found["database"][0] == "fail"
    assert ended.code == 1
