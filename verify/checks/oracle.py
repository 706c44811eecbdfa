"""S-32: what belongs to another project, or to a job out of reach, answers byte for byte like what is not there."""

import asyncio
import logging

from verify.check import Check, Figure, Trial
from verify.model.premises import THEIRS, Caller, Heard, Premises, names, premises

OF_PROJECTS = {"job", "id", "client", "key", "secret", "project"}


def run(trial: Trial) -> Figure:
    """Every route with a name in its path, or a project in its query, asked twice."""
    logging.disable(logging.CRITICAL)
    return asyncio.run(_run(trial))


async def _run(trial: Trial) -> Figure:
    pairs = differing = 0
    async with premises(trial.folder) as place:
        askers = [caller for caller in place.callers if caller.name in ("owner", "one job", "author")]
        for caller in askers:
            for told, one, other in await _pairs(place, caller):
                pairs += 1
                if one != other:
                    differing += 1
                    trial.say(f"{caller.name}: {told}: {_short(one)}, but {_short(other)}")
    return Figure(differing == 0 and pairs > 0, pairs, {"distinguishable": differing})


async def _pairs(place: Premises, caller: Caller) -> list[tuple[str, Heard, Heard]]:
    found = []
    for route in place.routes:
        told = f"{route.method} {route.path}"
        if route.open:
            continue
        places = names(route) & OF_PROJECTS
        kinds = {"foreign": place.foreign} if places else {}
        if caller.name == "one job" and places & {"job", "id"}:
            kinds["sibling"] = place.sibling
        for kind, values in kinds.items():
            absent = place.absent()
            blank = dict.fromkeys(names(route), "x")
            one = await place.ask(caller, route, blank | place.own | values)
            other = await place.ask(caller, route, blank | place.own | absent)
            used = [(values[name], absent[name]) for name in places]
            found.append((f"{told} ({kind})", _plain(one, [a for a, _ in used]), _plain(other, [b for _, b in used])))
        if "project" in {query.name for query in route.query}:
            values = dict.fromkeys(names(route), "x") | place.own
            one = await place.ask(caller, route, values, THEIRS)
            other = await place.ask(caller, route, values, "absent")
            found.append((f"{told} (elsewhere)", _plain(one, [THEIRS]), _plain(other, ["absent"])))
    return found


def _short(heard: Heard) -> str:
    return f"{heard.status} {heard.body[:200]!r}"


def _plain(heard: Heard, said: list[str]) -> Heard:
    """What was heard, without the names that the caller sent itself."""
    body = heard.body
    for name in sorted(said, key=len, reverse=True):
        body = body.replace(name.encode(), b"<name>").replace(name.removeprefix("run_").encode(), b"<name>")
    headers = tuple((name, value) for name, value in heard.headers if name != b"content-length")
    return Heard(heard.status, headers, body)


CHECK = Check(
    name="oracle", promise="S-32", says="foreign and absent objects cannot be told apart",
    run=run, unit="rounds", quick=1, normal=1, full=1, sabotages=("foreign-is-forbidden", "project-unchecked"),
)  # fmt: skip
