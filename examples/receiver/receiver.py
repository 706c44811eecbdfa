"""A tiny receiver of runbell's webhooks, with nothing but Python: verifies, does its work once per id, answers.

RUNBELL_WEBHOOK_SECRET=whsec_… python receiver.py 9000
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRETS = os.environ["RUNBELL_WEBHOOK_SECRET"].split()  # two of them while one is being replaced
seen: set[str] = set()  # a real receiver keeps this where it keeps its work


def genuine(headers: dict[str, str], body: bytes) -> bool:
    """Whether one of the secrets signed exactly this, less than five minutes ago."""
    id_, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not sent.isdigit() or abs(time.time() - int(sent)) > 300:
        return False
    signed = f"{id_}.{sent}.".encode() + body
    given = headers.get("webhook-signature", "").split()
    for secret in SECRETS:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        wanted = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        if any(hmac.compare_digest(wanted, one) for one in given):
            return True
    return False


class Receiver(BaseHTTPRequestHandler):
    """One webhook per request."""

    def do_POST(self) -> None:
        """Take it, or say why not; whatever is not a 2xx comes again."""
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status = 204 if genuine(headers, body) else 401
        if status == 204 and headers["webhook-id"] not in seen:
            seen.add(headers["webhook-id"])
            event = json.loads(body)
            print(event["type"], json.dumps(event["data"]), flush=True)
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_: object) -> None:  # type: ignore[explicit-override]
        """Only what was received is printed."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
