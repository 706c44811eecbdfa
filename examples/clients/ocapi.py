#!/usr/bin/env python3
"""Start a job over OCAPI (Data API, Jobs), wait for its end; its log goes to stderr, the job execution to stdout.

    export BASE=http://127.0.0.1:7878 CID=CLIENT CSECRET=SECRET
    python3 ocapi.py CustomerImportJob region=north

BASE stands for the instance, AUTH (BASE, unless told) for the account manager. Standard library only.
Exit code: 0 finished well, 13 with warnings, 10 in error, 12 aborted, 14 discarded, 15 lost; 1 refused.
"""

import base64
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

BASE = os.environ.get("BASE", "http://127.0.0.1:7878").rstrip("/")
AUTH = os.environ.get("AUTH", BASE).rstrip("/")
PAUSE_S = float(os.environ.get("PAUSE", "5"))
CODES = {"ABORTED": 12, "DISCARDED": 14, "LOST": 15}


class Session:
    """A token, got again before its half hour is over."""

    def __init__(self) -> None:
        self.token, self.until = "", 0.0

    def ask(self, method: str, path: str, body: Any = None) -> bytes:
        """The answer's body. A refusal ends the program with its reason."""
        if time.monotonic() > self.until:
            self.login()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json; charset=UTF-8"}
        return answer(BASE + path, headers, None if body is None else json.dumps(body).encode(), method)

    def login(self) -> None:
        """Get a token by client credentials."""
        login = f"{os.environ['CID']}:{os.environ['CSECRET']}"
        basic = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}
        said = answer(f"{AUTH}/dwsso/oauth2/access_token", basic, b"grant_type=client_credentials", "POST")
        given = json.loads(said)
        self.token, self.until = given["access_token"], time.monotonic() + given["expires_in"] - 60


def answer(url: str, headers: dict[str, str], body: bytes | None, method: str) -> bytes:
    """What comes back. A refusal ends the program with its reason."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=60) as reply:
            return bytes(reply.read())
    except urllib.error.HTTPError as refusal:
        said = refusal.read().decode(errors="replace")
        sys.exit(f"refused: {json.loads(said).get('fault', {}).get('message', said) if said.startswith('{') else said}")
    except OSError as broken:
        sys.exit(f"refused: {broken}")


def main(job: str, *parameters: str) -> int:
    """Run it; the answer is the exit code."""
    session = Session()
    pairs = [text.partition("=") for text in parameters]
    executions = f"/s/-/dw/data/v17_4/jobs/{urllib.parse.quote(job, safe='')}/executions"
    body = {"parameters": [{"name": name, "value": value} for name, _, value in pairs]}
    execution = json.loads(session.ask("POST", executions, body))
    print(f"execution {execution['id']}", file=sys.stderr)
    while execution["execution_status"] not in {"finished", "aborted"}:
        time.sleep(PAUSE_S)
        execution = json.loads(session.ask("GET", f"{executions}/{execution['id']}"))
    log = session.ask("GET", f"/on/demandware.servlet/webdav{execution['log_file_path']}")
    sys.stderr.write(log.decode(errors="replace"))
    print(json.dumps(execution, indent=2))
    if execution["exit_status"]["status"] == "ok":
        return 13 if execution["status"] == "WARN" else 0
    return CODES.get(execution["status"], 10)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) > 1 else __doc__)
