"""S-11: a token opens something in the Authorization header only, a key in its own places."""

import json
from itertools import product

from verify.check import CannotCheck, Check, Figure, Trial
from verify.client import ADMIN_KEY
from verify.principals import RIGHTS, SECRET, settle_in
from verify.raw import FORM, Line, basic
from verify.server import serving

NAMES = ("access_token", "token", "bearer_token", "api_key", "apiKey", "apikey", "key", "x-api-key", "authorization",
         "Authorization", "auth", "jwt", "id_token", "client_secret", "password")  # fmt: skip
TARGETS = (("GET", "/api/v1/jobs"), ("GET", "/api/v1/executions"), ("POST", "/api/v1/jobs/load/executions"),
           ("PUT", "/api/v1/jobs/load"), ("GET", "/metrics"), ("DELETE", "/api/v1/jobs/load"))  # fmt: skip


def run(trial: Trial) -> Figure:
    """Every place that is not the right one, for a token and for a key, on several routes."""
    settle_in(trial.folder / "data", {"etl": RIGHTS})
    taken, tried = list[str](), 0
    with serving(trial) as server, server.client() as client:
        client.send("PUT", "/jobs/load", {"steps": [{"name": "a", "command": ["true"]}]})
        line = Line(server.port)
        told = line.form("/oauth/token", {"grant_type": "client_credentials"}, authorization=basic("etl", SECRET))
        token = str(told.json.get("access_token", ""))
        if line.send("GET", "/api/v1/jobs", authorization=f"Bearer {token}").status != 200:
            raise CannotCheck("The token opens nothing where it should.")
        for (method, target), (kind, secret) in product(TARGETS, (("token", token), ("key", ADMIN_KEY))):
            for place, path, body, headers in _places(target, kind, secret):
                stranger = Line(server.port, f"127.0.4.{tried % 250 + 1}")
                answer = stranger.send(method, path, body, **headers)
                stranger.close()
                tried += 1
                if 200 <= answer.status < 300:
                    taken.append(f"{method} {target}: a {kind} in {place}")
                if secret.encode() in answer.body:
                    taken.append(f"{method} {target}: the {kind} in {place} comes back in the answer")
        line.close()
    if token in server.journal.read_text(errors="replace"):
        taken.append("the token stands in the server's log")
    for sentence in taken[:10]:
        trial.say(sentence)
    return Figure(not taken, tried, {"accepted_elsewhere": len(taken)})


def _places(target: str, kind: str, secret: str) -> list[tuple[str, str, bytes, dict[str, str]]]:
    """Where a credential has no business: what it is, path, body, headers."""
    found: list[tuple[str, str, bytes, dict[str, str]]] = []
    for name in NAMES:
        found.append((f"the query as {name}", f"{target}?{name}={secret}", b"", {}))
        found.append((f"a form as {name}", target, f"{name}={secret}".encode(), {"content_type": FORM}))
        said = json.dumps({name: secret}).encode()
        found.append((f"a JSON body as {name}", target, said, {"content_type": "application/json"}))
        found.append((f"a cookie {name}", target, b"", {"cookie": f"{name}={secret}"}))
    for header in ("x_access_token", "x_auth_token", "x_authorization", "proxy_authorization", "x_token", "api_key",
                   "access_token", "x_csrf_token", "x_forwarded_access_token"):  # fmt: skip
        found.append((f"the header {header}", target, b"", {header: f"Bearer {secret}"}))
        found.append((f"the header {header}", target, b"", {header: secret}))
    for scheme in ("Token", "JWT", "Digest", "DPoP", "Key", "ApiKey", "Bearer:", ""):
        found.append((f"the scheme {scheme or 'none'}", target, b"", {"authorization": f"{scheme} {secret}".strip()}))
    if kind == "token":
        found.append(("x-api-key", target, b"", {"x_api_key": secret}))
        found.append(("Basic as the user", target, b"", {"authorization": basic(secret, "")}))
    found.append(("Basic as the password", target, b"", {"authorization": basic("x", secret)}))
    found.append(("the path", f"{target}/{secret}", b"", {}))
    found.append(("the user of the address", f"http://{secret}@127.0.0.1{target}", b"", {}))
    return found


CHECK = Check(
    name="token-places", promise="S-11", says="a token is taken in the Authorization header and nowhere else",
    run=run, unit="requests", quick=2_000, normal=2_000, full=2_000, sabotages=("token-in-query",),
)  # fmt: skip
