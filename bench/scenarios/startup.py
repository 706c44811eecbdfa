"""How soon it answers: from exec to the first accepted, authenticated start, and the command's own help."""

import http.client
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.effort import Effort
from bench.figure import Figure
from bench.server import KEY, data_folder, free_port, spawned


def measure(effort: Effort) -> Iterator[Figure]:
    """Milliseconds on an empty data folder, on one that was used before, and for `runbell --help`."""
    rounds = 2 * effort.rounds - 1
    cold, warm = [], []
    for _ in range(rounds):
        with data_folder() as folder:
            cold.append(_first_accepted_ms(folder / "data"))
            warm.append(_first_accepted_ms(folder / "data"))
    yield Figure(
        name="exec to first accepted start, new folder", unit="ms", rounds=cold, target=1_000, less_is_better=True
    )
    yield Figure(
        name="exec to first accepted start, used folder", unit="ms", rounds=warm, target=1_000, less_is_better=True
    )
    yield Figure(name="runbell --help", unit="ms", rounds=[_help_ms() for _ in range(rounds)], less_is_better=True)


def _first_accepted_ms(data: Path) -> float:
    port, began = free_port(), time.perf_counter()
    with spawned(data, port) as process:
        while not _accepts(port):
            if process.poll() is not None:
                raise AssertionError(f"The server ended: {data.with_suffix('.log').read_text()}")
            time.sleep(0.005)
        return (time.perf_counter() - began) * 1e3


def _accepts(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        connection.request("POST", "/api/v1/jobs/nothing/executions", "{}", headers)
        return connection.getresponse().status in {200, 202}
    except ConnectionError:
        return False
    finally:
        connection.close()


def _help_ms() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "runbell", "--help"], stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - began) * 1e3
