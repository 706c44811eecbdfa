"""Accepted starts per second at each vendor's door, beside the native one's: none may take twice as long."""

import base64
import http.client
import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from bench.effort import Effort
from bench.figure import Figure
from bench.load import Load, generate, request
from bench.server import CONNECTIONS, KEY, Server, serving, start_request

JOB: Final = "held"
HALF: Final = 0.5
"""Of the native door's starts, measured right before each round."""
SERVICE: Final = "robot"


def measure(effort: Effort) -> Iterator[Figure]:
    """Starts per second over the call that `GET /jobs/{job}/urls` shows for each door, as a share of native ones."""
    with serving() as server:
        server.wait_until_running(server.start(JOB)["id"])
        token = _token_of_a_service(server)
        native = [start_request(JOB)]
        for call in server.get(f"/api/v1/jobs/{JOB}/urls")["calls"]:
            if call["name"] == "start" and call["dialect"] != "native":
                yield _door(server, call, token if call["dialect"] == "des" else KEY, native, effort)


def _door(server: Server, call: dict[str, Any], credential: str, native: list[bytes], effort: Effort) -> Figure:
    headers = [f"{name}: {value}" for name, value in call["headers"].items() if name != "Content-Type"]
    body = (call["body"] or "").encode()
    asked = request(
        call["method"], urlsplit(call["url"]).path, *(one.replace("$RUNBELL_TOKEN", credential) for one in headers),
        body=body, content_type=call["headers"].get("Content-Type", "application/json"),
    )  # fmt: skip

    def one_round(requests: list[bytes], expect: int) -> float:
        load = Load(
            host=server.host, port=server.port, requests=requests, connections=CONNECTIONS, seconds=effort.seconds
        )
        return generate(load, expect).per_second

    one_round([asked], 200)
    pairs = [(one_round(native, 202), one_round([asked], 200)) for _ in range(effort.rounds)]
    return Figure(
        name=f"starts at {call['dialect']}, of native",
        unit="",
        rounds=[ours / theirs for theirs, ours in pairs],
        target=HALF,
        note=f"{pairs[-1][1]:.0f} /s beside {pairs[-1][0]:.0f} /s of the native door",
    )


def _token_of_a_service(server: Server) -> str:
    """A token of the door that takes no keys: for a client that acts for a service account."""
    server.send("PUT", f"/api/v1/users/{SERVICE}", {"kind": "service", "roles": {"default": "operator"}})
    grants = {"default": ["executions:run", "executions:read"]}
    client = server.send("POST", "/api/v1/clients", {"name": "bench", "user": SERVICE, "grants": grants})
    allowed = base64.b64encode(f"{client['id']}:{client['secret']}".encode()).decode()
    connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
    # the token is good for the service that was asked for it, which is the host that the load generator names
    type_ = "application/x-www-form-urlencoded"
    form = {"Host": "bench", "Authorization": f"Basic {allowed}", "Content-Type": type_}
    connection.request("POST", "/authorisation/token", "grant_type=client_credentials&scope=des", form)
    token: str = json.loads(connection.getresponse().read())["access_token"]
    connection.close()
    return token
