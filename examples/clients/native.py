#!/usr/bin/env python3
"""Start a job over runbell's own API, wait for its end; its log goes to stderr, its result to stdout.

    export RUNBELL_URL=http://127.0.0.1:7878 RUNBELL_TOKEN=KEY
    python3 native.py JOB '{"name": "Ada"}'

Instead of RUNBELL_TOKEN (an API key or a token): RUNBELL_CLIENT_ID and RUNBELL_CLIENT_SECRET. Standard library only;
the package `runbell.client` does all of this.
Exit code: 0 succeeded, 13 with warnings, 10 failed, 11 time limit, 12 stopped, 14 discarded, 15 lost; 1 refused.
"""

import base64
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

URL = os.environ.get("RUNBELL_URL", "http://127.0.0.1:7878")
LATER = {429, 502, 503, 504}
CODES = {"succeeded": 0, "failed": 10, "stopped": 12, "discarded": 14, "lost": 15}


def main(job: str, params: str = "{}") -> int:
    """Run it; the answer is the exit code."""
    bearer = {"Authorization": f"Bearer {os.environ.get('RUNBELL_TOKEN') or a_token()}"}
    # With an Idempotency-Key the same start may be sent again: it is the same execution.
    start = bearer | {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    body = json.dumps({"params": json.loads(params)}).encode()
    execution = json.loads(ask("POST", f"/api/v1/jobs/{job}/executions", start, body))
    path = f"/api/v1/executions/{execution['id']}"
    print(f"execution {execution['number']}: {execution['id']}", file=sys.stderr)
    while execution["ended_at"] is None:
        execution = json.loads(ask("GET", f"{path}?wait=20", bearer))  # answers at its end, or after 20 s
    status, code = execution["status"], execution["exit_status"]["code"]
    print(f"{status} ({code})", file=sys.stderr)
    sys.stderr.write(ask("GET", f"{path}/logs/raw", bearer).decode(errors="replace"))
    sys.stdout.write(ask("GET", f"{path}/result", bearer).decode())  # nothing (204) when there is none
    return {("succeeded", "WARN"): 13, ("failed", "TIMEOUT"): 11}.get((status, code), CODES[status])


def a_token() -> str:
    """A token for the OAuth client."""
    login = f"{os.environ['RUNBELL_CLIENT_ID']}:{os.environ['RUNBELL_CLIENT_SECRET']}"
    basic = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}
    token = json.loads(ask("POST", "/oauth/token", basic, b"grant_type=client_credentials"))["access_token"]
    return str(token)


def ask(method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> bytes:
    """The answer's body; what fails for the moment is sent again. A refusal ends the program with its reason."""
    for attempt in range(6):
        request = urllib.request.Request(URL + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as refusal:
            if refusal.code not in LATER or attempt == 5:
                said = refusal.read().decode(errors="replace")
                sys.exit(f"refused: {json.loads(said).get('detail', said) if said.startswith('{') else said}")
            time.sleep(int(refusal.headers.get("Retry-After", 2**attempt)))
        except OSError as broken:
            if attempt == 5:
                sys.exit(f"refused: {broken}")
            time.sleep(2**attempt)
    raise AssertionError


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) in {2, 3} else __doc__)
