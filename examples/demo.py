"""`./dev demo`: a server with the sample jobs, the main one run on real input, and a call to try next."""

import argparse
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType
from typing import NoReturn

ROOT = Path(__file__).parents[1]
RUNBELL = Path(sys.executable).with_name("runbell")
JOBS = ROOT / "examples" / "airports"
DATA = ROOT / "runbell-data" / "demo"
PORT = 7878
READY_WITHIN_S = 60
DRAIN_WITHIN_S = 45
FOUND_EXCEPTIONS = 13


def main() -> int:
    """Run the demo; answer the exit code of the job when asked to run it once."""
    options = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    options.add_argument("--once", action="store_true", help="stop the server after the result; exit code of the job")
    options.add_argument("--data", type=Path, default=DATA, metavar="DIR", help="the folder for the server's data")
    asked = options.parse_args()
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, leave)
    url, server = running_server(asked.data), None
    try:
        if url is None:
            url, server = start_server(asked.data)
        ended = run_main_job(asked.data, url)
        if asked.once:
            return ended
        print_next(asked.data, url, ours=server is not None)
        return server.wait() if server else ended
    except KeyboardInterrupt:
        return 0
    finally:
        if server is not None:
            stop(server)


def running_server(data: Path) -> str | None:
    """The address of a demo server that an earlier call left running, or None."""
    try:
        url = str(json.loads((data / "server.json").read_text())["url"])
    except (OSError, ValueError, KeyError):
        return None
    return url if ready(url) else None


def start_server(data: Path) -> tuple[str, subprocess.Popen[bytes]]:
    """Start a server in a process group of its own: Ctrl-C reaches us alone, and we stop it in good order."""
    data.mkdir(parents=True, exist_ok=True)
    (data / "server.json").unlink(missing_ok=True)
    where = f"--host=127.0.0.1 --port={free_port()}".split()
    command: list[str | Path] = [RUNBELL, "serve", *where, "--data", data, "--jobs", JOBS]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("RUNBELL_")}
    plain["RUNBELL_EGRESS_ALLOW"] = "127.0.0.1"  # so that a webhook may lead to a receiver on this machine
    with log_of(data).open("wb") as log:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=plain, process_group=0)
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and server.poll() is None:
        url = running_server(data)
        if url is not None:
            return url, server
        time.sleep(0.05)
    stop(server)
    print(log_of(data).read_text(), file=sys.stderr)
    sys.exit(f"The server did not get ready. What it said stands above and in {log_of(data)}.")


def log_of(data: Path) -> Path:
    """Where our server's own words go."""
    return data / "server.log"


def free_port() -> int:
    """The usual port, or 0 (the server then takes any free one) when it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            return 0
    return PORT


def ready(url: str) -> bool:
    """True when a server answers there and takes work."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:  # noqa: S310 - our own file says the address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def run_main_job(data: Path, url: str) -> int:
    """Run it with live progress and its result at the end; answer the exit code, which mirrors the job.

    13 is a success that found exception records, as this one does.
    """
    token = (data / "admin.key").read_text().strip()
    environment = {**os.environ, "RUNBELL_URL": url, "RUNBELL_TOKEN": token}
    ended = subprocess.run([RUNBELL, "run", "airport-import", "--follow"], env=environment, check=False).returncode
    return 0 if ended == FOUND_EXCEPTIONS else ended


def print_next(data: Path, url: str, *, ours: bool) -> None:
    """Say where the server is and what to try."""
    key = shlex.quote(str(data / "admin.key"))
    ending = "Ctrl-C stops it" if ours else "it was running already, and goes on"
    print(f"""
The server is at {url} ({ending}); its log is {log_of(data)}.
Try, in another terminal:

  curl -s {url}/api/v1/jobs/airport-import/executions \\
    -H "Authorization: Bearer $(cat {key})" -H "Content-Type: application/json" \\
    -H "Prefer: wait=30" -d '{{"params": {{"country": "IS"}}}}'

  export RUNBELL_URL={url} RUNBELL_TOKEN="$(cat {key})"
  {RUNBELL} ps
  {RUNBELL} logs @last
""", flush=True)  # fmt: skip


def stop(server: subprocess.Popen[bytes]) -> None:
    """End our server in good order; by force when it takes too long or Ctrl-C is pressed again."""
    if server.poll() is None:
        server.terminate()
    try:
        server.wait(DRAIN_WITHIN_S)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        server.kill()
        server.wait()


def leave(number: int, _frame: FrameType | None) -> NoReturn:
    """A signal that asks us to go: leave through the ordinary way out, where the server is stopped."""
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
