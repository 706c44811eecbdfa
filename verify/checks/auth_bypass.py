"""S-1: no spelling of a path, a host or a method reaches a protected route without credentials."""

import re
from itertools import product
from typing import Any, NamedTuple

from verify.check import CannotCheck, Check, Figure, Trial
from verify.client import ADMIN_KEY
from verify.raw import Line, Told
from verify.server import Server, serving

SPELLINGS = (
    "{path}", "{path}/health", "{path}/healthz", "{path}/ready", "{path}/readyz", "{path}/configs", "{path}/version",
    "{upper}", "{path}/", "/{path}", "{path}//", "/.{path}", "{path}/.", "{path}/../healthz", "/healthz/..{path}",
    "{path}/%2e%2e/healthz", "/%2e{path}", "/healthz%2f..{path}", "{path}%2fhealth", "{path};x", "{path};/health",
    "/healthz;{path}", "{path}?", "{path}?x=/healthz", "{path}?access_token=x", "{path}#/healthz", "{path}%00",
    "{path}%20", "{path}%0a", "{path}.json", "{path}\\", "/healthz/../{path}", "http://127.0.0.1{path}",
    "http://healthz{path}", "http://a/healthz?{path}", "/openapi.json/..{path}", "/oauth/token/..{path}",
)  # fmt: skip
HEADERS: tuple[dict[str, str], ...] = (
    {}, {"host": "a/?x="}, {"host": "/healthz"}, {"host": ""}, {"host": "127.0.0.1/healthz"},
    {"x_forwarded_for": "127.0.0.1", "x_forwarded_prefix": "/healthz", "x_forwarded_host": "localhost"},
    {"x_forwarded_path": "/healthz", "x_forwarded_uri": "/healthz"},
    {"x_original_url": "/healthz", "x_rewrite_url": "/healthz"}, {"x_original_uri": "/healthz"},
    {"x_http_method_override": "GET", "x_method_override": "GET", "x_http_method": "GET"},
    {"upgrade": "websocket", "connection": "upgrade", "sec_websocket_version": "13", "sec_websocket_key": "eA=="},
    {"cookie": "session=admin; token=admin", "origin": "http://127.0.0.1"},
    {"x_api_key": ""}, {"authorization": ""}, {"authorization": "Bearer null"}, {"authorization": "Basic Og=="},
    {"user_agent": "kube-probe/1.30"}, {"x_forwarded_user": "admin", "remote_user": "admin", "x_remote_user": "admin"},
)  # fmt: skip
NAMES = ("health", "healthz", "ready", "configs")
OPENED = "There is a route that even the administrator cannot open, so this proves nothing: "


class Route(NamedTuple):
    """A protected route of the document, with a path that leads somewhere."""

    method: str
    path: str


def run(trial: Trial) -> Figure:
    """So many of all (route, spelling, method, headers); then a server that knows its own name."""
    tried, opened = 0, list[str]()
    with serving(trial) as server, server.client() as client:
        for name in ("load", *NAMES):
            client.send("PUT", f"/jobs/{name}", {"steps": [{"name": "a", "command": ["true"]}]})
        client.started("load")
        routes = _protected(Line(server.port).send("GET", "/openapi.json").json)
        _control(server, routes)
        line = Line(server.port, "127.0.0.3")
        for route, spelling, headers, method in _tries(trial, routes):
            target = spelling.format(path=route.path, upper=route.path.upper())
            told = line.send(method or route.method, target, **headers)
            tried += 1
            if method == "OPTIONS" and told.status < 400 and (told.status != 204 or told.body):
                opened.append(f"OPTIONS {target} -> {told.status} {told.body[:80]!r}")
            if _reached(told, target) and method != "OPTIONS":
                opened.append(f"{method or route.method} {target} {headers} -> {told.status}")
        for target in {route.path for route in routes if route.method == "GET"}:
            tried += 1
            told = line.send("GET", target, version="HTTP/1.0")
            opened += [f"HTTP/1.0 {target}"] if _reached(told, target) else []
    strangers = _hosts(trial)
    for sentence in [*opened, *strangers][:20]:
        trial.say(sentence)
    return Figure(
        not opened and not strangers, tried,
        {"unauth_2xx": len(opened), "routes": len(routes), "unknown_hosts_answered": len(strangers)},
    )  # fmt: skip


def _tries(trial: Trial, routes: list[Route]) -> list[tuple[Route, str, dict[str, str], str | None]]:
    """Every route with every spelling, every header and other methods; the dice leave out what is too many."""
    every: list[Any] = [(route, spelling, {}, method) for route, spelling, method in product(
        routes, SPELLINGS, (None, "HEAD", "OPTIONS", "GET", "get", "TRACE"))]  # fmt: skip
    every += [(route, "{path}", headers, None) for route, headers in product(routes, HEADERS)]
    every += [(route, "{path}/health", headers, None) for route, headers in product(routes, HEADERS)]
    first = [one for one in every if one[1] in SPELLINGS[:6] and one[3] is None and not one[2]]
    return first + trial.random.sample(every, min(trial.size, len(every)))


def _reached(told: Told, target: str) -> bool:
    """Whether something was opened. What the open routes say at their own addresses is no secret."""
    own = re.fullmatch(r"(http://\w+)?/(healthz|readyz|version|openapi\.json)(\?.*|#.*)?", target)
    return 200 <= told.status < 300 and own is None


def _protected(document: dict[str, Any]) -> list[Route]:
    found = []
    for path, item in document.get("paths", {}).items():
        concrete = re.sub(r"{(\w+)}", lambda name: {"job": "load", "id": "1"}.get(name[1], "1"), path)
        found += [Route(method.upper(), concrete) for method, operation in item.items() if operation["security"]]
    return found


def _control(server: Server, routes: list[Route]) -> None:
    """With credentials each of them answers something else than 401, or the trial proves nothing."""
    line = Line(server.port)
    for route in routes:
        if route.method == "GET":
            told = line.send("GET", route.path, authorization=f"Bearer {ADMIN_KEY}")
            if told.status in {0, 401, 403}:
                raise CannotCheck(f"{OPENED}{route.path}: {told.status}")
    line.close()


def _hosts(trial: Trial) -> list[str]:
    """A server with names of its own answers for no other."""
    folder = trial.folder / "named"
    folder.mkdir()
    server = Server(folder, trial.sabotage, RUNBELL_HOSTS="127.0.0.1, jobs.example.test")
    answered = []
    try:
        server.start()
        line = Line(server.port)
        for host in ("evil.test", "jobs.example.test.evil.test", "a/?x=", "", "jobs.example.test/", "localhost"):
            for target in ("/healthz", "/api/v1/jobs", f"http://{host or 'x'}/healthz"):
                told = line.send("GET", target, host=host, authorization=f"Bearer {ADMIN_KEY}")
                answered += [f"Host {host!r} {target} -> {told.status}"] if told.status == 200 else []
        if line.send("GET", "/healthz", host="JOBS.example.test:99").status != 200:
            answered.append("its own name is not answered")
    finally:
        server.kill_group()
    return answered


CHECK = Check(
    name="auth-bypass", promise="S-1", says="no spelling of path, host or method opens a protected route",
    run=run, unit="tries", quick=1_500, normal=20_000, full=1_000_000, sabotages=("health-exempt", "any-host"),
)  # fmt: skip
