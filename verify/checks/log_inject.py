"""S-26: no line of the server's log can be forged from outside, whatever callers and jobs put into their texts."""

import json
import logging
import sys

from runbell.assembly.journal import JsonLines
from verify.check import Check, Figure, Trial
from verify.server import serving
from verify.spoken import AUTHORIZED, say

FORGED = "forged-by-a-caller"
LINE = json.dumps({"time": "2031-04-07T02:00:00.000+00:00", "level": "critical", "event": FORGED, "logger": "runbell"})
BREAKS = ("\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x1b[2J", "\0")


def run(trial: Trial) -> Figure:
    """Texts that would begin a line of their own, in every place where a caller may put a text."""
    tried = 0
    with serving(trial) as server:
        with server.client() as client:
            client.send("PUT", "/jobs/boom", {"steps": [{"name": "a", "command": ["/does/not/exist"]}]})
            for separator in BREAKS * trial.size:
                said = f"x{separator}{LINE}{separator}"
                coded = "".join(f"%{byte:02x}" for byte in said.encode())
                for method, path, body in (
                    ("GET", f"/jobs/{coded}", None),
                    ("PUT", f"/jobs/{coded}", {"steps": []}),
                    ("GET", f"/executions?job={coded}", None),
                    ("POST", "/jobs/boom/executions", {"key": said}),
                    ("POST", "/jobs/boom/executions", {"tags": [said[:60]], "params": {said: said}}),
                    ("POST", "/jobs/boom/executions", {"request_id": said}),
                ):
                    tried += 1
                    assert client.send(method, path, body).status < 500
                for name in (b"X-Request-Id", b"traceparent", b"User-Agent", b"X-Forwarded-For", b"Host"):
                    tried += 1
                    say(server.port, b"GET /api/v1/jobs HTTP/1.1\r\nHost: a\r\n" + AUTHORIZED + name + b": "
                        + said.replace("\r", "").replace("\n", "").encode() + b"\r\nConnection: close\r\n\r\n",
                        seconds=0.5)  # fmt: skip
        server.kill()
    written = [text for separator in BREAKS for text in _written(f"x{separator}{LINE}{separator}")]
    tried += len(written)
    journal = server.journal.read_bytes().decode("utf-8", "backslashreplace")
    lines = [line for text in (journal, *written) for line in text.rstrip("\n").split("\n")]
    forged = [line for line in lines if _event(line) == FORGED]
    odd = [line for line in lines if line.startswith(("{", "x")) and (_event(line) is None or not line.isprintable())]
    events = [line for line in lines if _event(line)]
    for line in (forged + odd)[:3]:
        trial.say(line[:200])
    return Figure(
        not forged and not odd and len(events) > 0, tried, {"forged_lines": len(forged), "odd_lines": len(odd)}
    )


def _written(said: str) -> list[str]:
    """What the journal makes of a text as its event, as a member, and in a traceback."""
    lines = JsonLines()
    try:
        raise ValueError(said)
    except ValueError:
        broken = sys.exc_info()
    plain = logging.LogRecord("runbell", logging.INFO, "", 0, said, None, None)
    member = logging.LogRecord("runbell", logging.INFO, "", 0, "said", None, None)
    member.__dict__["path"] = said
    return [lines.format(plain), lines.format(member),
            lines.format(logging.LogRecord("runbell", logging.ERROR, "", 0, "broke", None, broken))]  # fmt: skip


def _event(line: str) -> str | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return str(found.get("event")) if isinstance(found, dict) else None


CHECK = Check(
    name="log-inject", promise="S-26", says="no line of the server's log can be forged",
    run=run, unit="rounds", quick=1, normal=2, full=20, sabotages=("plain-log",),
)  # fmt: skip
