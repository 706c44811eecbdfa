"""`./dev demo`: what a newcomer runs first."""

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.end_to_end.serving import EXAMPLES

DEMO = [sys.executable, EXAMPLES / "demo.py"]


def test_once_shows_the_result_and_leaves_no_server(tmp_path: Path) -> None:
    ended = run(*DEMO, "--once", "--data", tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["airports"] > 24_000
    assert not (tmp_path / "server.json").exists()


def test_the_printed_curl_works_as_pasted_and_a_second_demo_uses_the_same_server(tmp_path: Path) -> None:
    with left_running(tmp_path) as said:
        (curl,) = re.findall(r"^  (curl .*?)\n\n", said, re.MULTILINE | re.DOTALL)
        answer = run("sh", "-c", curl)
        assert json.loads(answer.stdout)["result"]["countries"] == 1

        before = pid_of(tmp_path)
        again = run(*DEMO, "--data", tmp_path)
        assert again.returncode == 0, again.stderr
        assert pid_of(tmp_path) == before
    assert not Path(f"/proc/{before}").exists()


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)


@contextmanager
def left_running(data: Path) -> Iterator[str]:
    """A demo that has said what to try next; in the end it is sent Ctrl-C and must leave with its server."""
    demo = subprocess.Popen([*DEMO, "--data", data], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert demo.stdout is not None
    said = ""
    watchdog = threading.Timer(40, demo.kill)
    watchdog.start()
    try:
        for line in demo.stdout:
            said += line
            if "logs @last" in line:
                break
        yield said + "\n"
    finally:
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=30)
        watchdog.cancel()
    assert demo.returncode == 0


def pid_of(data: Path) -> int:
    """The server's process, as the file that it wrote says."""
    return int(json.loads((data / "server.json").read_text())["pid"])
