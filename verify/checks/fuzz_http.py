"""G-73, S-41: whatever is sent to whatever route of any surface: no 500, nothing undocumented, nothing given away.

Two halves. Lies of our own (`verify/lies.py`): every operation of every document, its path, query, headers and body
each wrong in every way that is known to break servers. Then schemathesis, which derives requests from the documents,
with the things that are really there written into them. Every answer is held against its document.
"""

import json
import subprocess
import sys
from contextlib import suppress
from typing import Any

from verify.check import CannotCheck, Check, Figure, Trial
from verify.client import ADMIN_KEY
from verify.documents import NATIVE, Document, documents
from verify.findings import Findings
from verify.furnished import Furnished
from verify.liar import Liar
from verify.server import Server, serving
from verify.truths import TALES, Tale

QUICK = 1
"""So few examples are for every commit: then schemathesis asks one surface, another one with each seed."""
PATIENCE_S = 6 * 3_600


def run(trial: Trial) -> Figure:
    """Lie, then let schemathesis lie."""
    with serving(trial) as server:
        found = Findings(trial)
        papers = documents(server.port)
        with server.client() as client:
            things = Furnished(client)
            things.furnish()
            liars = {paper.surface: Liar(server, paper, things, found, trial) for paper in papers}
            for surface, tale in TALES:
                if trial.only is None or (surface in trial.only.split() and surface != NATIVE):
                    _tell(tale(things), liars)
            for liar in liars.values():
                liar.lie()
            if not found.n:
                raise CannotCheck(f"No operation of any surface has {trial.only!r} in its name.")
            if trial.only is None:
                for paper in papers if trial.size > QUICK else [papers[(trial.seed - 1) % len(papers)]]:
                    found.n += _schemathesis(trial, server, paper, things, found)
            for liar in liars.values():
                liar.say_goodbye()
            if not server.ready():
                found.note("http_500", "the server", "is not ready any more")
    return found.figure(len(papers))


def _tell(tale: Tale, liars: dict[str, Liar]) -> None:
    """Ask what a tale asks, each at its surface."""
    told = None
    with suppress(StopIteration):
        while True:
            asked = tale.send(told)  # type: ignore[arg-type]
            told = liars[asked.surface].tell(asked)


def _schemathesis(trial: Trial, server: Server, paper: Document, things: Furnished, found: Findings) -> int:
    """Let schemathesis ask; how many requests it made. Its failures are ours."""
    trial.say(f"schemathesis asks {paper.surface}, {trial.size} examples per operation")
    document = trial.folder / f"{paper.surface}.json"
    document.write_text(json.dumps(_with_things(paper, things)))
    report = trial.folder / f"{paper.surface}-report.json"
    phases = "examples,fuzzing" if trial.size < 10 else "examples,coverage,fuzzing,stateful"
    key = things.tokens.get(paper.surface, ADMIN_KEY)
    said = next((paper.credentials(known, key) for known in paper.operations()), {})
    command = [
        sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", "run", str(document),
        f"--url=http://127.0.0.1:{server.port}", f"--phases={phases}", f"--max-examples={trial.size}",
        f"--seed={trial.seed}", "--generation-database=none", "--suppress-health-check=all", "--no-color",
        "--checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        "--continue-on-failure", "--no-shrink", "--request-timeout=70", "--report=json", f"--report-json-path={report}",
        "--exclude-path-regex=/events$", *(f"--header={name}: {value}" for name, value in said.items()),
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, cwd=trial.folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        told = json.loads(report.read_text())
    except (OSError, ValueError, subprocess.TimeoutExpired) as why:
        raise CannotCheck(f"schemathesis left no report: {why}") from why
    if not told["complete"] or not told["test_cases"]["generated"]:
        raise CannotCheck(f"schemathesis did not get to its end: {done.stdout[-2_000:]}{done.stderr[-2_000:]}")
    for failure in told["failures"]:
        text = json.dumps(failure)
        kind = next((fault for word, fault in KINDS.items() if word in text.lower()), "invalid")
        found.note(kind, f"schemathesis: {failure.get('operations')}", text[:600])
    return int(told["test_cases"]["generated"])


KINDS = {"server error": "http_500", "server_error": "http_500", "undocumented": "undocumented"}


def _with_things(paper: Document, things: Furnished) -> dict[str, Any]:
    """The document with the names of what is really there among the values of its paths."""
    document: dict[str, Any] = json.loads(json.dumps(paper.document))
    for path, item in document["paths"].items():
        for operation in item.values():
            for known in operation.get("parameters", ()) if isinstance(operation, dict) else ():
                if known["in"] == "path":
                    word = things.value(known["name"], path)
                    free = "delete" in item and operation is item["delete"]
                    known["schema"] = {
                        "enum": ["1" if known["schema"].get("type") == "integer" else "x"] if free else [word]
                    }
    return document


CHECK = Check(
    name="fuzz-http", promise="G-73, S-41", says="malformed and lying input is refused in the surface's words, always",
    run=run, unit="examples", quick=QUICK, normal=20, full=400,
    sabotages=("nul-unexpected", "huge-integer", "trace-shown"),
    aims={
        "nul-unexpected": "native PUT /api/v1/jobs/", "huge-integer": "native GET /api/v1/jobs", "trace-shown": "dvsum",
    },
)  # fmt: skip
