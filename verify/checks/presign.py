"""S-30, S-31: a download link or key opens what it was given out for, for as long; no change to it opens a thing."""

import time
from collections import Counter
from itertools import islice
from urllib.error import HTTPError
from urllib.parse import unquote
from urllib.request import urlopen

from verify.check import CannotCheck, Check, Figure, Trial
from verify.client import ADMIN_KEY, Client
from verify.raw import Line, Told
from verify.server import Server, serving
from verify.tampering import tampered

MARKS = ("protected-a", "protected-b")
WHAT = ("results/numbers", "exceptions/odd%20ones", "artifacts/report.txt")
METHODS = ("POST", "PUT", "DELETE", "PATCH")
REFUSED = {400, 401, 404, 405, 406, 414, 422, 431}


class World:
    """A server with two executions that left something, and links to all of it."""

    def __init__(self, server: Server, client: Client) -> None:
        self.client, self.line = client, Line(server.port)
        self.runs = [client.ended(client.started("remains", {"mark": mark}))["id"] for mark in MARKS]
        self.before = f"http://127.0.0.1:{server.port}"
        self.links = [self.link(run, what) for run in self.runs for what in WHAT]

    def link(self, run: str, what: str, query: str = "") -> str:
        """The target of a signed link."""
        return self.given(run, what, query)[0]

    def given(self, run: str, what: str, query: str = "", client: Client | None = None) -> tuple[str, str]:
        """A target, and the key that goes with it (empty: none)."""
        answer = (client or self.client).get(f"/executions/{run}/{what}/download{query}")
        if not answer.ok:
            raise CannotCheck(f"No link is given out: {answer}")
        url = str(answer.body["download_url"])
        return url.removeprefix(self.before), answer.body.get("headers", {}).get("x-api-key", "")

    def opens(self, target: str, method: str = "GET", **headers: str) -> bool:
        """Whether something comes of it that it should not."""
        told = self.line.send(method, target, **headers)
        return gave(told)


def gave(told: Told) -> bool:
    """Whether an answer holds what is protected, or is anything but a refusal."""
    return told.status not in REFUSED or any(mark.encode() in told.body for mark in MARKS)


def run(trial: Trial) -> Figure:
    """So many changed links; then keys, other methods, what has expired, and what is gone."""
    accepted: Counter[str] = Counter()
    with serving(trial) as server, server.client() as client:
        world = World(server, client)
        good = sum(_comes(world, link) for link in world.links)
        told_apart = 0
        for n, (how, target) in enumerate(islice(tampered(world.links, trial.random), trial.size)):
            if world.opens(target):
                accepted[how] += 1
                trial.say(f"{how}: {target}")
            if n % 20_000 == 19_999:
                trial.say(f"{n + 1} tried, {accepted.total()} accepted")
        told_apart += _told_apart(world)
        accepted += _keys(trial, world)
        accepted += _others(world)
        good += sum(_comes(world, link) for link in world.links)
        accepted += _gone(world)
        logged = _logged(server, world)
    held = not accepted and not told_apart and not logged and good == 2 * len(world.links)
    for how, count in accepted.most_common(8):
        trial.say(f"accepted: {how}, {count} times")
    numbers = {"accepted": accepted.total(), "told_apart": told_apart, "logged": logged, "good": good}
    return Figure(held, trial.size, numbers)


def _comes(world: World, link: str) -> bool:
    try:
        with urlopen(world.before + link, timeout=20) as told:
            content: bytes = told.read()
    except HTTPError:
        return False
    return any(mark.encode() in content for mark in MARKS)


def _told_apart(world: World) -> int:
    """A link that is not ours must answer alike, whether what it names is there or not."""
    link, absent = world.links[0], "run_" + "0" * 26
    run = world.runs[0].removeprefix("run_")
    changed = [link[:-8] + "00000000", link.replace(run, absent[4:])[:-8] + "00000000"]
    return int(len({world.line.send("GET", one).status for one in changed}) != 1)


def _keys(trial: Trial, world: World) -> Counter[str]:
    accepted: Counter[str] = Counter()
    target, key = world.given(world.runs[0], WHAT[0], "?form=gateway")
    other, its = world.given(world.runs[1], WHAT[0], "?form=gateway")
    if not _opened(world, target, key):
        raise CannotCheck("A good key opens nothing.")
    dice = trial.random
    wrong = [its, ADMIN_KEY, "", key[:-1], key + "0", key.upper(), key.replace("rb_dl_", "")]
    for place in range(len(key)):
        wrong.append(key[:place] + ("A" if key[place] != "A" else "B") + key[place + 1 :])
    wrong += ["".join(dice.sample(key, len(key))) for _ in range(50)]
    for one in wrong:
        accepted["a key"] += world.opens(target, x_api_key=one)
    accepted["the key of another"] += world.opens(other, x_api_key=key)
    accepted["another's path"] += world.opens(target.replace(world.runs[0], world.runs[1]), x_api_key=key)
    accepted["another's artifact"] += world.opens(
        target.partition("artifact=")[0] + "artifact=" + other.partition("artifact=")[2], x_api_key=key
    )
    accepted["a key at the API"] += world.opens(f"/api/v1/executions/{world.runs[0]}", x_api_key=key)
    return +accepted


def _opened(world: World, target: str, key: str) -> bool:
    return world.line.send("GET", target, x_api_key=key).status == 200


def _others(world: World) -> Counter[str]:
    """Other methods, what has expired, and links of a key that is no more."""
    accepted: Counter[str] = Counter()
    for method in METHODS:
        accepted[method] += world.opens(world.links[0], method)
    made = world.client.post("/keys", {"name": "gives-links", "grants": {"default": ["results:read"]}})
    if not made.ok:
        raise CannotCheck(f"No key is made: {made}")
    with Client(int(world.before.rpartition(":")[2]), key=made.body["key"]) as other:
        theirs = world.given(world.runs[0], WHAT[0], client=other)[0]
        keyed, key = world.given(world.runs[0], WHAT[0], "?form=gateway", client=other)
    if not _comes(world, theirs):
        raise CannotCheck("A link of a good key opens nothing.")
    world.client.send("DELETE", f"/keys/{made.body['id']}")
    accepted["of a dead key"] += world.opens(theirs) + world.opens(keyed, x_api_key=key)
    short, shorter = (
        world.link(world.runs[0], WHAT[0], "?expires_in=1"),
        world.link(world.runs[0], WHAT[1], "?expires_in=1"),
    )
    time.sleep(2.1)
    accepted["expired"] += world.opens(short) + world.opens(shorter)
    return +accepted


def _gone(world: World) -> Counter[str]:
    """Links and keys of an execution that was deleted."""
    accepted: Counter[str] = Counter()
    target, key = world.given(world.runs[0], WHAT[2], "?form=gateway")
    if not world.client.send("DELETE", f"/executions/{world.runs[0]}").ok:
        raise CannotCheck("The execution cannot be deleted.")
    for link in world.links[: len(WHAT)]:
        accepted["after the end"] += world.line.send("GET", link).status != 410
    accepted["after the end"] += world.line.send("GET", target, x_api_key=key).status != 410
    return +accepted


def _logged(server: Server, world: World) -> int:
    """How often what opens something stands whole in the server's log or in the audit log."""
    _, key = world.given(world.runs[1], WHAT[0], "?form=gateway")
    target = world.links[-1].partition("?")[0]
    world.opens(target, x_api_key=f"{key}0")
    time.sleep(2.5)  # refusals are written in batches
    audit = world.client.get("/audit/export").body
    told = server.journal.read_bytes() + (audit if isinstance(audit, bytes) else b"")
    if b"fetch" not in told:
        raise CannotCheck("No refusal of a link stands in the audit log.")
    queries = [link.partition("?")[2] for link in world.links]
    return sum(told.count(text.encode()) for query in queries for text in {query, unquote(query), key})


CHECK = Check(
    name="presign", promise="S-30, S-31", says="no changed, expired or foreign download link or key opens anything",
    run=run, unit="links", quick=4_000, normal=20_000, full=100_000,
    sabotages=("link-expiry-unsigned", "link-path-unsigned", "link-compared-loosely", "link-outlives-key",
               "link-checked-late"),
)  # fmt: skip
