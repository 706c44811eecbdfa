"""Starts a job over DvSum's job execution API, waits for its end, and downloads its exception records if there are any.

    BASE=https://jobs.example.com CID=… CSECRET=… python dvsum.py 48213

Needs nothing but Python. BASE may be https://apis.dvsum.ai (with AUTH=https://auth.dvsum.ai) or runbell.
"""

import json
import os
import sys
import time
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

BASE = os.environ["BASE"].rstrip("/")
AUTH = os.environ.get("AUTH", BASE).rstrip("/")
PAUSE_S = float(os.environ.get("PAUSE", "5"))
RENEWED_BEFORE_S = 60


class Session:
    """An access token, asked for again before its hour is over."""

    def __init__(self) -> None:
        self.token, self.until = "", 0.0

    def call(self, method: str, path: str) -> dict[str, Any]:
        """One call of the API."""
        if time.monotonic() > self.until:
            self.renew()
        said = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        return answer(Request(BASE + path, method=method, headers=said))

    def renew(self) -> None:
        """Get a token by client credentials."""
        login = b64encode(f"{os.environ['CID']}:{os.environ['CSECRET']}".encode()).decode()
        headers = {"Authorization": f"Basic {login}", "Content-Type": "application/x-www-form-urlencoded"}
        form = b"grant_type=client_credentials"
        given = answer(Request(f"{AUTH}/oauth2/token", method="POST", headers=headers, data=form))
        self.token, self.until = given["access_token"], time.monotonic() + given["expires_in"] - RENEWED_BEFORE_S


def answer(request: Request) -> dict[str, Any]:
    """The JSON object that comes back; urllib raises for a refusal."""
    with urlopen(request, timeout=30) as reply:
        found: dict[str, Any] = json.load(reply)
        return found


def download(what: dict[str, Any], to: Path) -> None:
    """The exception records: with the key where there is one (on-prem gateway), else by the signed URL alone."""
    headers = {"x-api-key": what["x-api-key"]} if "x-api-key" in what else {}
    with urlopen(Request(what["download_url"], headers=headers), timeout=300) as reply:
        to.write_bytes(reply.read())


def main(job_id: int) -> int:
    """Run it. 0 when the job completed."""
    session = Session()
    number = session.call("POST", f"/integration/jobs/{job_id}/execute")["execution_id"]
    print(f"execution {number}")
    details = session.call("GET", f"/integration/jobs/{number}/details")
    while not details["is_finished"]:
        time.sleep(PAUSE_S)
        details = session.call("GET", f"/integration/jobs/{number}/details")
    print(f"{details['status']}, result {details['result']}, {details['exceptions']['total']} exception records")
    if details["download"] is not None:
        download(details["download"], Path(f"exceptions-{number}.csv"))
    return 0 if details["status"] == "Completed" else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
