"""S-15: guessing is slow, costs bounded memory, and never locks out the right secret from another address."""

import threading
import time
from dataclasses import dataclass, field

from verify.check import CannotCheck, Check, Figure, Trial
from verify.client import ADMIN_KEY
from verify.principals import PASSWORD, RIGHTS, SECRET, settle_in
from verify.raw import Line, basic
from verify.server import Server, serving

GRANT = {"grant_type": "client_credentials"}
A_MINUTE = 60.0
MOST_A_MINUTE = 10
MOST_MIB = 16.0


@dataclass
class Found:
    """What the guessers and the victim saw."""

    looked_at: dict[str, list[float]] = field(default_factory=dict)
    denied: list[str] = field(default_factory=list)
    logged_in: int = 0
    unaudited: int = 0


def run(trial: Trial) -> Figure:
    """Guess secrets, passwords, keys and names for so many seconds, as fast as the server answers; meanwhile work."""
    settle_in(trial.folder / "data", {"etl": RIGHTS, "victim": RIGHTS}, {"ada": "operator"})
    found, over = Found(), threading.Event()
    with serving(trial) as server:
        _prepare(server)
        before = _resident(server)
        everybody = [
            threading.Thread(target=task, args=(server, found, over)) for task in (_guess_secret, _guess_names,
                                                                                 _guess_password, _guess_keys, _work)
        ]  # fmt: skip
        for one in everybody:
            one.start()
        _crowd(server, trial.size * 40)
        time.sleep(max(0.0, trial.size - (time.monotonic() - trial.began)))
        over.set()
        for one in everybody:
            one.join()
        grown = _resident(server) - before
        found.unaudited = _unaudited(server)
    most = max(_most_in_a_minute(times) for times in found.looked_at.values())
    guesses = sum(len(times) for times in found.looked_at.values())
    for sentence in found.denied[:10]:
        trial.say(f"denied: {sentence}")
    if not found.logged_in:
        raise CannotCheck("The victim never got to try.")
    held = most <= MOST_A_MINUTE and not found.denied and grown <= MOST_MIB and not found.unaudited
    return Figure(
        held, guesses + found.logged_in,
        {"guesses_per_min": most, "victim_denied": len(found.denied), "rss_growth_mib": grown,
         "unaudited": found.unaudited},
    )  # fmt: skip


def _prepare(server: Server) -> None:
    """Everybody who is to be let in was let in once; the password of the page too, so that its thread has begun."""
    line = Line(server.port, "127.0.5.9")
    if line.form("/oauth/token", GRANT, authorization=basic("victim", SECRET)).status != 200:
        raise CannotCheck("The victim cannot log in.")
    line.close()


def _guess(server: Server, found: Found, over: threading.Event, kind: str, address: str) -> tuple[Line, list[float]]:
    return Line(server.port, address), found.looked_at.setdefault(kind, [])


def _guess_secret(server: Server, found: Found, over: threading.Event) -> None:
    """One address, one client, many secrets."""
    line, looked_at = _guess(server, found, over, "secret", "127.0.5.1")
    turn = 0
    while not over.is_set():
        turn += 1
        told = line.form("/oauth/token", GRANT, authorization=basic("victim", f"wrong{turn}"))
        if told.status != 429:
            looked_at.append(time.monotonic())
        time.sleep(0.02)
    line.close()


def _guess_names(server: Server, found: Found, over: threading.Event) -> None:
    """One address, one secret, many clients."""
    line, looked_at = _guess(server, found, over, "names", "127.0.5.2")
    turn = 0
    while not over.is_set():
        turn += 1
        if line.form("/oauth/token", GRANT, authorization=basic(f"name{turn}", SECRET)).status != 429:
            looked_at.append(time.monotonic())
        time.sleep(0.02)
    line.close()


def _guess_password(server: Server, found: Found, over: threading.Event) -> None:
    """One address, one person, many passwords."""
    line, looked_at = _guess(server, found, over, "password", "127.0.5.3")
    code = line.form("/oauth/device", {"client_id": "runbell-cli"}).json["user_code"]
    turn = 0
    while not over.is_set():
        turn += 1
        form = {"user_code": code, "username": "ada", "password": f"{PASSWORD}{turn}", "decision": "allow"}
        if line.form("/device", form, sec_fetch_site="same-origin").status != 429:
            looked_at.append(time.monotonic())
        time.sleep(0.05)
    line.close()


def _guess_keys(server: Server, found: Found, over: threading.Event) -> None:
    """One address, many API keys; a good key from there is let in all the while."""
    line, looked_at = _guess(server, found, over, "keys", "127.0.5.4")
    turn = 0
    while not over.is_set():
        turn += 1
        if line.send("GET", "/api/v1/jobs", authorization=f"Bearer guess{turn}").status != 429:
            looked_at.append(time.monotonic())
        if turn % 10 == 0:
            status = line.send("GET", "/api/v1/jobs", authorization=f"Bearer {ADMIN_KEY}").status
            found.denied += [] if status == 200 else [f"a good key from the guesser's address: {status}"]
        time.sleep(0.02)
    line.close()


def _work(server: Server, found: Found, over: threading.Event) -> None:
    """The victim, at its own address, and a neighbour of the guesser who was at home there before."""
    line = Line(server.port, "127.0.5.9")
    while not over.is_set():
        told = line.form("/oauth/token", GRANT, authorization=basic("victim", SECRET))
        found.logged_in += told.status == 200
        found.denied += [] if told.status == 200 else [f"the victim: {told.status}"]
        time.sleep(0.1)
    line.close()


def _crowd(server: Server, size: int) -> None:
    """So many addresses with as many names, one guess each: nothing may grow with them."""
    for number in range(size):
        line = Line(server.port, f"127.{6 + number // 60_000}.{number // 250 % 240}.{number % 250 + 1}")
        line.form("/oauth/token", GRANT, authorization=basic(f"{'n' * 200}{number}", "wrong"))
        line.close()


def _most_in_a_minute(times: list[float]) -> int:
    return max((sum(at <= other < at + A_MINUTE for other in times) for at in times), default=0)


def _resident(server: Server) -> float:
    """MiB of memory of the server."""
    with open(f"/proc/{server.pid}/statm") as figures:
        return int(figures.read().split()[1]) * 4_096 / 2**20


def _unaudited(server: Server) -> int:
    """1 when the guesser of the secret is not in the audit log, with how often it was refused."""
    time.sleep(2.5)
    line = Line(server.port)
    told = line.send("GET", "/api/v1/audit?outcome=denied&limit=1000", authorization=f"Bearer {ADMIN_KEY}")
    return 0 if any(item["address"] == "127.0.5.1" for item in told.json.get("items", [])) else 1


CHECK = Check(
    name="bruteforce", promise="S-15", says="guessing is slow, cheap for us, and locks nobody out elsewhere",
    run=run, unit="seconds", quick=10, normal=70, full=600, sabotages=("guesses-not-counted", "names-locked"),
)  # fmt: skip
