"""S-13: what is revoked opens nothing a second later."""

import threading
import time
from collections.abc import Callable

from verify.check import CannotCheck, Check, Figure, Trial
from verify.principals import PASSWORD, RIGHTS, SECRET, settle_in
from verify.raw import Line, basic
from verify.server import Server, serving

PATIENCE_S = 4.0
AT_MOST_S = 1.0
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
CLI = {"client_id": "runbell-cli"}


def run(trial: Trial) -> Figure:
    """In each round an access token is revoked, and a whole sign-in by its refresh token, under callers in full use."""
    settle_in(trial.folder / "data", {"etl": RIGHTS}, {"ada": "operator"})
    late: list[str] = []
    longest, count = 0.0, 0
    with serving(trial) as server:
        for turn in range(trial.size):
            line = Line(server.port, f"127.0.2.{turn % 200 + 1}")
            for what, end in ((_of_a_client, "token"), (_of_a_person, "session")):
                token, revoke = what(line)
                took = _ends(server, token, revoke)
                longest, count = max(longest, took), count + 1
                if took > AT_MOST_S:
                    late.append(f"{end}: still good {took:.2f} s after it was revoked")
            line.close()
    for sentence in late[:10]:
        trial.say(sentence)
    return Figure(not late, count, {"accepted_after_1s": len(late), "p100_s": longest})


def _of_a_client(line: Line) -> tuple[str, Callable[[], None]]:
    """A token by client credentials, and how to end it."""
    told = line.form("/oauth/token", {"grant_type": "client_credentials"}, authorization=basic("etl", SECRET))
    token = str(told.json.get("access_token", ""))

    def end() -> None:
        line.form("/oauth/revoke", {"token": token}, authorization=basic("etl", SECRET))

    return token, end


def _of_a_person(line: Line) -> tuple[str, Callable[[], None]]:
    """The access token of a person who let the command line in, and how to end the sign-in."""
    begun = line.form("/oauth/device", CLI).json
    decision = {"user_code": begun.get("user_code"), "username": "ada", "password": PASSWORD, "decision": "allow"}
    line.form("/device", decision, sec_fetch_site="same-origin")
    polled = {"grant_type": DEVICE, "device_code": begun.get("device_code"), **CLI}
    pair = line.form("/oauth/token", polled).json
    return str(pair.get("access_token", "")), lambda: _check(
        line.form("/oauth/revoke", CLI | {"token": pair.get("refresh_token", "")}).status
    )


def _check(status: int) -> None:
    if status != 200:
        raise CannotCheck(f"Revoking was answered {status}.")


def _ends(server: Server, token: str, revoke: Callable[[], None]) -> float:
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
        revoke()
        done = time.monotonic()
        while time.monotonic() - done < PATIENCE_S and time.monotonic() - max(opened[0], done) < AT_MOST_S + 0.3:
            time.sleep(0.02)
    finally:
        over.set()
        user.join()
        line.close()
    return max(0.0, opened[0] - done)


CHECK = Check(
    name="revoke", promise="S-13", says="a revoked token, or all tokens of a revoked sign-in, are over within a second",
    run=run, unit="rounds", quick=2, normal=20, full=200, sabotages=("admitted-for-a-minute",),
)  # fmt: skip
