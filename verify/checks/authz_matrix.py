"""S-2, S-3, S-17: whoever × every native route × what is one's own, another job's, another project's or nobody's."""

import asyncio
import logging
from collections import Counter

from runbell.domain import grants
from runbell.http.route import Route
from verify.check import Check, Figure, Trial
from verify.model.premises import MINE, SERVER_WIDE, THEIRS, Caller, Heard, Premises, names, premises

STRANGER, LACKING, HIDDEN, LET_IN = "stranger", "lacking", "hidden", "let in"
OF_A_JOB = {"job", "id", "webhook", "delivery"}
"""What stands in a path and belongs to one job."""
TARGETS = ("own", "sibling", "foreign", "absent", "elsewhere")


def run(trial: Trial) -> Figure:
    """The whole matrix."""
    logging.disable(logging.CRITICAL)  # whoever hangs up on an event stream is told of in the server's log
    return asyncio.run(_run(trial))


async def _run(trial: Trial) -> Figure:
    wrong: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    async with premises(trial.folder) as place:
        for route in place.routes:
            for caller in place.callers:
                for target in TARGETS:
                    wanted = expected(caller, route, target)
                    if wanted is None:
                        continue
                    heard = await _probe(place, caller, route, target, fresh=wanted == LET_IN)
                    found, leaked = outcome(heard), caller.name != "admin" and b"their-" in heard.body
                    tried[wanted] += 1
                    if not _fits(place, route, target, wanted, found) or (leaked and target == "own"):
                        kind = "unexpected_allow" if found == LET_IN or leaked else "unexpected_deny"
                        wrong[kind] += 1
                        told = f"{caller.name}: {route.method} {route.path} ({target}) {heard.status}, not {wanted}"
                        trial.say(told + (": shows what is theirs" if leaked else ""))
        routes, callers = len(place.routes), len(place.callers)
    held = not wrong and min(tried[kind] for kind in (STRANGER, LACKING, HIDDEN, LET_IN)) > 0
    return Figure(
        held, tried.total(),
        {"unexpected_allow": wrong["unexpected_allow"], "unexpected_deny": wrong["unexpected_deny"],
         "routes": routes, "principals": callers},
    )  # fmt: skip


def expected(caller: Caller, route: Route, target: str) -> str | None:
    """What this caller must hear; None when the question makes no sense of this route."""
    places = names(route)
    in_project = bool(places - set(SERVER_WIDE) - {"code", "n"})
    if target in ("foreign", "absent", "sibling") and (not in_project or route.open):
        return None
    if target == "sibling" and not places & OF_A_JOB:
        return None
    if target == "elsewhere" and ("project" not in {query.name for query in route.query} or caller.name == "admin"):
        return None
    if route.open:
        return LET_IN
    if caller.held is None:
        return STRANGER
    if target == "elsewhere":
        return HIDDEN
    if route.anyone:
        return LET_IN
    return _by_rights(caller, route, target)


def _by_rights(caller: Caller, route: Route, target: str) -> str:
    assert caller.held is not None
    home = "*" if route.where == "server" else "default" if caller.name == "other project" else MINE
    held, scope = grants.within(caller.held, home) or {}, route.scope or ""
    if route.where == "any":
        if not any(scope in rights for rights in caller.held.values()):
            return LACKING
        return _of_projects(caller, route, target)
    if scope not in held:
        return LACKING
    jobs, places = held[scope], names(route)
    named = {"own": "load", "sibling": "other"}.get(target)
    if places & OF_A_JOB and jobs is not None and named not in jobs:
        return HIDDEN
    outsider = home == "default" and bool(places & {*OF_A_JOB, "client", "key", "secret"})
    makes = 201 in route.replies and "job" in places and route.method == "PUT"
    if makes and not (jobs is not None):
        return LET_IN
    return HIDDEN if target in ("foreign", "absent") or outsider else LET_IN


def _of_projects(caller: Caller, route: Route, target: str) -> str:
    """The project is in the path: it must be one that the caller administers."""
    assert caller.held is not None
    if "project" not in names(route):
        return LET_IN
    everywhere = "projects:admin" in caller.held.get("*", {})
    if everywhere:
        return LET_IN if target != "absent" or route.method == "PUT" else HIDDEN
    if target != "own" or "projects:admin" not in caller.held.get(MINE, {}):
        return HIDDEN
    return LACKING if route.method == "DELETE" else LET_IN


def outcome(heard: Heard) -> str:
    """What was heard, in the words of the matrix."""
    return {401: STRANGER, 403: LACKING, 404: HIDDEN, 410: HIDDEN}.get(heard.status, LET_IN)


def _fits(place: Premises, route: Route, target: str, wanted: str, found: str) -> bool:
    """True when it is what was wanted, or the place in the path is one that these premises know nothing of."""
    if route.open:  # it asks for no credentials; what it does with what is sent is its own affair
        return True
    strange = not names(route) <= place.own.keys() or route.path.startswith(("/problems/", "/api/v1/secrets/"))
    if wanted == LET_IN and target in ("own", "sibling") and found == HIDDEN:
        return strange or route.path.endswith(("/result", "/logs/raw", "/stop"))
    return wanted == found or (strange and {wanted, found} == {HIDDEN, LET_IN} and target in ("absent", "foreign"))


async def _probe(place: Premises, caller: Caller, route: Route, target: str, *, fresh: bool) -> Heard:
    if fresh and route.method != "GET" and target in ("own", "sibling"):
        await place.renew(names(route))
    known = {"own": place.own, "elsewhere": place.own, "sibling": place.sibling, "foreign": place.foreign}
    values = dict.fromkeys(names(route), "x") | known.get(target, {})
    if target in ("foreign", "absent"):
        values = dict.fromkeys(names(route), "x") | place.absent() | known.get(target, {})
    return await place.ask(caller, route, values, THEIRS if target == "elsewhere" else None)


CHECK = Check(
    name="authz-matrix", promise="S-2, S-3", says="whoever asks for whatever on any route hears what the rights say",
    run=run, unit="matrices", quick=1, normal=1, full=1, sabotages=("project-unchecked", "reach-unchecked"),
)  # fmt: skip
