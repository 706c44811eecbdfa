"""S-13: what is revoked, rotated, disabled or deleted opens nothing a second later."""

import threading
import time
from collections.abc import Callable
from typing import Any

from verify.check import CannotCheck, Check, Figure, Trial
from verify.client import ADMIN_KEY
from verify.principals import PASSWORD
from verify.raw import Line, basic
from verify.server import Server, serving

PATIENCE_S = 4.0
AT_MOST_S = 1.0
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
CLI = {"client_id": "runbell-cli"}

End = Callable[[], Any]


class World:
    """A server, and the hands of its administrator; every name is used once."""

    def __init__(self, server: Server, turn: int) -> None:
        self.server, self.turn = server, turn
        self.line = Line(server.port, f"127.0.2.{turn % 200 + 1}")

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """A call that has to succeed; the answer's body."""
        with self.server.client() as client:
            answer = client.send(method, path, body, self._etag(path) if method == "PATCH" else {})
        if not answer.ok:
            raise CannotCheck(f"{method} {path} was answered {answer.status} {answer.body}")
        return answer.body

    def client(self, what: str) -> tuple[str, str, str]:
        """A new client: its id, its secret, and an access token of it."""
        name = f"{what}-{self.turn}"
        made = self.admin("POST", "/clients", {"id": name, "scopes": ["jobs:read"]})
        return name, made["secret"], self.token(name, made["secret"])

    def token(self, name: str, secret: str) -> str:
        """An access token by client credentials."""
        told = self.line.form("/oauth/token", {"grant_type": "client_credentials"}, authorization=basic(name, secret))
        return str(told.json.get("access_token", ""))

    def person(self, what: str) -> tuple[str, dict[str, str]]:
        """A new person, and the tokens of the command line that was let in."""
        name = f"{what}-{self.turn}"
        self.admin("PUT", f"/users/{name}", {"roles": {"default": "operator"}, "password": PASSWORD})
        begun = self.line.form("/oauth/device", CLI).json
        decision = {"user_code": begun.get("user_code"), "username": name, "password": PASSWORD, "decision": "allow"}
        self.line.form("/device", decision, sec_fetch_site="same-origin")
        polled = {"grant_type": DEVICE, "device_code": begun.get("device_code"), **CLI}
        return name, dict(self.line.form("/oauth/token", polled).json)

    def _etag(self, path: str) -> dict[str, str]:
        told = Line(self.server.port).send("GET", f"/api/v1{path}", authorization=f"Bearer {ADMIN_KEY}")
        return {"If_Match": told.headers["etag"]} if "etag" in told.headers else {}


def token_revoked(world: World) -> tuple[str, End]:
    name, secret, token = world.client("revoked")
    return token, lambda: world.line.form("/oauth/revoke", {"token": token}, authorization=basic(name, secret))


def client_deleted(world: World) -> tuple[str, End]:
    name, _, token = world.client("deleted")
    return token, lambda: world.admin("DELETE", f"/clients/{name}")


def client_disabled(world: World) -> tuple[str, End]:
    name, _, token = world.client("disabled")
    return token, lambda: world.admin("PATCH", f"/clients/{name}", {"disabled": True})


def secret_rotated(world: World) -> tuple[str, End]:
    """The token of the new secret stays good."""
    name, _, token = world.client("rotated")
    first = world.admin("GET", f"/clients/{name}")["secrets"][0]["id"]
    second = world.admin("POST", f"/clients/{name}/secrets", {})["secret"]
    kept = world.token(name, second)

    def end() -> None:
        world.admin("DELETE", f"/clients/{name}/secrets/{first}")
        if world.line.send("GET", "/api/v1/jobs", authorization=f"Bearer {kept}").status != 200:
            raise CannotCheck("The token of the secret that stays was ended too.")

    return token, end


def session_revoked(world: World) -> tuple[str, End]:
    _, pair = world.person("signed-out")
    return pair["access_token"], lambda: world.line.form("/oauth/revoke", CLI | {"token": pair["refresh_token"]})


def person_disabled(world: World) -> tuple[str, End]:
    name, pair = world.person("away")
    return pair["access_token"], lambda: world.admin("PATCH", f"/users/{name}", {"disabled": True})


def person_deleted(world: World) -> tuple[str, End]:
    name, pair = world.person("gone")
    return pair["access_token"], lambda: world.admin("DELETE", f"/users/{name}")


def role_taken(world: World) -> tuple[str, End]:
    name, pair = world.person("demoted")
    return pair["access_token"], lambda: world.admin("PATCH", f"/users/{name}", {"roles": {"default": None}})


def key_deleted(world: World) -> tuple[str, End]:
    made = world.admin("POST", "/keys", {"name": f"key-{world.turn}", "scopes": ["jobs:read"]})
    return str(made["key"]), lambda: world.admin("DELETE", f"/keys/{made['id']}")


ENDS: tuple[Callable[[World], tuple[str, End]], ...] = (
    token_revoked, client_deleted, client_disabled, secret_rotated, session_revoked, person_disabled, person_deleted,
    role_taken, key_deleted,
)  # fmt: skip


def run(trial: Trial) -> Figure:
    """Each way to end credentials, while they are in full use."""
    late: list[str] = []
    longest, count = 0.0, 0
    with serving(trial) as server:
        for turn in range(trial.size):
            world = World(server, turn)
            for way in ENDS:
                token, end = way(world)
                took = _ends(server, token, end)
                longest, count = max(longest, took), count + 1
                if took > AT_MOST_S:
                    late.append(f"{way.__name__}: still good {took:.2f} s later")
            world.line.close()
    for sentence in late[:10]:
        trial.say(sentence)
    return Figure(not late, count, {"accepted_after_1s": len(late), "p100_s": longest})


def _ends(server: Server, token: str, end: End) -> float:
    """Seconds between the answer to the revocation and the last request that the token still opened."""
    line = Line(server.port, "127.0.3.1")
    if line.send("GET", "/api/v1/jobs", authorization=f"Bearer {token}").status != 200:
        raise CannotCheck("A fresh token opens nothing.")
    opened, over = [0.0], threading.Event()

    def use() -> None:
        caller = Line(server.port, "127.0.3.1")
        while not over.is_set():
            sent = time.monotonic()
            if caller.send("GET", "/api/v1/jobs", authorization=f"Bearer {token}").status == 200:
                opened[0] = sent
            time.sleep(0.005)
        caller.close()

    user = threading.Thread(target=use)
    user.start()
    try:
        time.sleep(0.05)
        end()
        done = time.monotonic()
        while time.monotonic() - done < PATIENCE_S and time.monotonic() - max(opened[0], done) < AT_MOST_S + 0.2:
            time.sleep(0.02)
    finally:
        over.set()
        user.join()
        line.close()
    return max(0.0, opened[0] - done)


CHECK = Check(
    name="revoke", promise="S-13", says="what is revoked, rotated, disabled or deleted is over within a second",
    run=run, unit="rounds", quick=1, normal=10, full=100, sabotages=("admitted-for-a-minute",),
)  # fmt: skip
