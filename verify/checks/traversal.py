"""S-24: no name that a caller sends, and no link that a job plants, opens a file outside."""

from collections import Counter
from pathlib import Path
from urllib.parse import quote

from verify.check import CannotCheck, Check, Figure, Trial
from verify.client import ADMIN_KEY, Client
from verify.raw import Line
from verify.server import serving

CANARY = "outside-of-everything"
UPS = ("..", "../..", "../../..", "../../../..", "../../../../..")
ROOM = "/results/{0}", "/exceptions/{0}", "/artifacts/{0}", "/artifacts/{0}/download", "/{0}", "/logs/{0}"
PLANTED = ("files", "folder", "log")


def run(trial: Trial) -> Figure:
    """Every name in every spelling on every route; then what a job has exchanged for links."""
    outside, asked = Counter[str](), 0
    aside = trial.folder / "aside"
    aside.mkdir()
    secret = aside / "secret.txt"
    secret.write_text(CANARY)
    with serving(trial) as server, server.client() as client:
        (server.data / "canary.txt").write_text(CANARY)
        line, run_ = Line(server.port), client.ended(client.started("remains", {"mark": "x"}))["id"]
        for name in names(server.data, secret):
            for spelled in spellings(name):
                for room in ROOM:
                    told = line.send(
                        "GET", f"/api/v1/executions/{run_}{room.format(spelled)}", authorization=f"Bearer {ADMIN_KEY}"
                    )
                    asked += 1
                    if told.status >= 500 or told.status == 200 or CANARY.encode() in told.body:
                        outside[f"{room.format(spelled)} {told.status}"] += 1
        for what in PLANTED:
            found, tried = _planted(client, line, secret, what)
            outside, asked = outside + found, asked + tried
    for name, count in outside.most_common(8):
        trial.say(f"{name}: {count}")
    return Figure(not outside, asked, {"outside_reads": outside.total()})


def names(data: Path, secret: Path) -> list[str]:
    """Where somebody might want to get."""
    found = [str(secret), "/etc/passwd", "\\etc\\passwd", "secret.key", "log", ".", "..", "x\0", "x\n", "a" * 300]
    found += [f"{up}/{name}" for up in UPS for name in ("canary.txt", "secret.key", "log", "workspace")]
    found += [f"{up}/{name}".replace("/", "\\") for up in UPS[:2] for name in ("canary.txt", "log")]
    return [*found, str(data / "canary.txt"), "report.txt\0../../log", "report.txt/../../log"]


def spellings(name: str) -> list[str]:
    """The name encoded once, twice, three times, and in ways that only a careless decoder understands."""
    once = quote(name, safe="")
    twice = quote(once, safe="")
    return [once, twice, quote(twice, safe=""), once.replace("%2F", "%c0%af"), once.replace("..", "%2e%2e"),
            once.replace(".", "%252e"), once.replace("%2F", "%5C"), f"report.txt%2F{once}"]  # fmt: skip


def _planted(client: Client, line: Line, secret: Path, what: str) -> tuple[Counter[str], int]:
    """A job exchanges its files for links to what lies outside; nobody may read that through the server."""
    outside: Counter[str] = Counter()
    ended = client.ended(client.started("plants", {"target": str(secret), "what": what}))
    if ended["status"] != "succeeded":
        raise CannotCheck(f"The job that plants links is {ended['status']}.")
    place = f"/api/v1/executions/{ended['id']}"
    rooms = [
        f"{place}/artifacts/report.txt",
        f"{place}/logs",
        f"{place}/logs/raw",
        f"{place}/artifacts/report.txt/download",
    ]
    for room in rooms:
        told = line.send("GET", room, authorization=f"Bearer {ADMIN_KEY}")
        if CANARY.encode() in told.body or told.status >= 500:
            outside[f"{what} planted: {room.removeprefix(place)} {told.status}"] += 1
    return outside, len(rooms)


CHECK = Check(
    name="traversal", promise="S-24", says="no name and no planted link opens a file outside",
    run=run, unit="rounds", quick=1, normal=1, full=1, sabotages=("data-follows-links",),
)  # fmt: skip
