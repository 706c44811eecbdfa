"""A client that hides nothing: one request, one answer, or Unanswered. It never tries again by itself."""

import http.client
import json
from typing import Any, NamedTuple

ADMIN_KEY = "verify-admin-key-0123456789"


class Unanswered(Exception):  # noqa: N818 - a state of affairs, not a defect
    """The connection ended before a whole answer was there: what became of the request is unknown."""


class Answer(NamedTuple):
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def ok(self) -> bool:
        """True for 2xx."""
        return 200 <= self.status < 300


class Client:
    """One connection, kept alive. Not for two threads at once."""

    def __init__(self, port: int, timeout: float = 20.0, key: str = ADMIN_KEY) -> None:
        self._port = port
        self._key = key
        self._timeout = timeout
        self._connection: http.client.HTTPConnection | None = None

    def get(self, path: str, **headers: str) -> Answer:
        """GET, the path below /api/v1."""
        return self.send("GET", path, None, headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """POST a JSON body."""
        return self.send("POST", path, body, headers)

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """One request. Raises Unanswered. An underscore in a header's name is a hyphen."""
        said = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        said["Authorization"] = f"Bearer {self._key}"
        payload = None
        if body is not None:
            payload = json.dumps(body).encode()
            said["Content-Type"] = "application/json"
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._timeout)
            self._connection.request(method, path if path.startswith("/api/") else f"/api/v1{path}", payload, said)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as broken:
            self.close()
            raise Unanswered(f"{method} {path}: {broken!r}") from broken
        return Answer(answer.status, dict(answer.headers.items()), self._read(answer, content))

    def _read(self, answer: http.client.HTTPResponse, content: bytes) -> Any:
        """The body. An answer whose head was cut off does not say how long it is, so it is no answer."""
        if answer.length is None and "chunked" not in answer.headers.get("Transfer-Encoding", ""):
            self.close()
            raise Unanswered("The answer was cut off in its head.")
        media = answer.headers.get("Content-Type", "")
        return json.loads(content) if content and "json" in media and "ndjson" not in media else content

    def start(self, job: str, params: dict[str, Any] | None = None, *, key: str | None = None, **more: Any) -> Answer:
        """Start a job. `key` is the Idempotency-Key; `more` are members of the body."""
        headers = {"Idempotency_Key": f'"{key}"'} if key else {}
        return self.send("POST", f"/jobs/{job}/executions", {"params": params or {}, **more}, headers)

    def started(self, job: str, params: dict[str, Any] | None = None, **more: Any) -> str:
        """Start a job that must be accepted; the execution's id."""
        answer = self.start(job, params, **more)
        assert answer.ok, answer
        return str(answer.body["id"])

    def execution(self, name: str) -> dict[str, Any]:
        """An execution that must be there."""
        answer = self.get(f"/executions/{name}")
        assert answer.status == 200, answer
        return dict(answer.body)

    def ended(self, name: str, seconds: float = 30.0) -> dict[str, Any]:
        """The execution when it has ended, or as it is after so many seconds (60 at most)."""
        answer = self.get(f"/executions/{name}?wait={max(1, round(seconds))}")
        assert answer.status == 200, answer
        return dict(answer.body)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
