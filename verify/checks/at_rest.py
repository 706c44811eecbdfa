"""S-12, S-37: nothing on disk opens anything or shows a secret: database, journal, logs, what a crash leaves."""

import time
from collections import Counter
from pathlib import Path

from verify import planted
from verify.check import Check, Figure, Trial
from verify.client import ADMIN_KEY
from verify.server import Server, serving

OF_ONE = 8
STORED = ("verify.stored", "verify.other")
KEY_FILE = "secret.key"


def run(trial: Trial) -> Figure:
    """So many secrets and parameters, some in flight when everything is killed; then every file is searched."""
    secrets = planted.secrets(trial.random, trial.size)
    with serving(trial) as server:
        with server.client(60) as client:
            for turn, value in enumerate(secrets):
                answer = client.send("PUT", f"/secrets/planted-{turn}", {"value": value})
                assert answer.ok, answer
            for name, value in zip(STORED, secrets, strict=False):
                client.send("PUT", f"/secrets/{name}", {"value": value})
            for first in range(0, len(secrets), OF_ONE):
                params = dict(zip("abcdef", secrets[first:], strict=False))
                body = {"params": params, "priority": -1}
                made = client.post("/jobs/holds/executions", body, Idempotency_Key=f'"planted-{first}"')
                assert made.ok, made
            time.sleep(1.0)  # as many as there are slots hold their secrets now
        running = sum(1 for row in server.executions() if row["status"] == "running")
        where = _search(server, secrets)
        server.kill_hands()
        server.kill_group()
        where += _search(server, secrets)
        key = (server.data / KEY_FILE).read_text().strip()
        where += _search_for(server, {"the key": [key]})
        mode = (server.data / KEY_FILE).stat().st_mode & 0o777
    for place, count in where.most_common(5):
        trial.say(f"{place}: {count}")
    held = not where and running > 0 and mode == 0o600
    return Figure(held, trial.size, {"found": where.total(), "running": running, "key_mode": f"{mode:o}"})


def _search(server: Server, secrets: list[str]) -> Counter[str]:
    return _search_for(server, {"a secret": secrets, "the admin key": [ADMIN_KEY]})


def _search_for(server: Server, wanted: dict[str, list[str]]) -> Counter[str]:
    """Where which of them stand, in any form."""
    found: Counter[str] = Counter()
    for file in _files(server.data):
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            continue  # of a step that has just ended
        for what, texts in wanted.items():
            for text in texts:
                for form in planted.found(text, [content]):
                    found[f"{what} in {file.relative_to(server.data)} as {form}"] += 1
    return found


def _files(folder: Path) -> list[Path]:
    """Every file but the key of the vault itself."""
    return [file for file in folder.rglob("*") if file.is_file() and file.name != KEY_FILE]


CHECK = Check(
    name="at-rest", promise="S-12 S-37", says="no file shows a secret, a parameter or a key, also after a crash",
    run=run, unit="secrets", quick=40, normal=1_000, full=5_000,
    sabotages=("params-unsealed", "secrets-unsealed", "params-on-disk"),
)  # fmt: skip
