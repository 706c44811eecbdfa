"""Endpoints that foresee and explain: plans of starts, restarts and reruns, explanations, comparisons."""

from msgspec import structs

from runbell.dialects.native import asking, execution_wire, plan_wire
from runbell.dialects.native.again_shapes import RerunBody, RestartBody
from runbell.dialects.native.shapes import StartBody
from runbell.http.answer import Answer, json_answer
from runbell.http.body import typed
from runbell.http.query import refused
from runbell.http.request import Request
from runbell.operations import compare, explain, look, plan_start, restarting
from runbell.operations.idempotency import IdempotencyKey
from runbell.ports.store import Ref


async def start(request: Request) -> Answer:
    """What a start would do."""
    raw = await request.json()
    body, ignored = typed(raw, StartBody, lenient=asking.waiting(request).lenient)
    made = await plan_start.plan_start(request.ports, request.actor, asking.start(request, raw, body))
    return json_answer(plan_wire.plan(made, ignored))


async def restart(request: Request) -> Answer:
    """What a restart would do."""
    raw = await request.json()
    body, ignored = typed(raw, RestartBody, lenient=asking.waiting(request).lenient)
    ref, key = await again(request, "restart", raw)
    made = await restarting.plan_restart(
        request.ports, request.actor, ref, body.from_step, key, asking.call_back(body.callback)
    )
    return json_answer(plan_wire.plan(made, ignored))


async def rerun(request: Request) -> Answer:
    """What a rerun would do."""
    raw = await request.json()
    body, ignored = typed(raw, RerunBody, lenient=asking.waiting(request).lenient)
    ref, key = await again(request, "rerun", raw)
    made = await restarting.plan_rerun(
        request.ports, request.actor, ref, body.mode, body.params, key, asking.call_back(body.callback)
    )
    return json_answer(plan_wire.plan(made, ignored))


async def explanation(request: Request) -> Answer:
    """Why an execution stands where it stands."""
    found = await explain.explain(request.ports, request.actor, execution_wire.reference(request.values["id"]))
    if not request.principal.holds("jobs:read", request.actor.project, found.execution.job):
        found = structs.replace(found, next_fire=None)
    return json_answer(plan_wire.explanation(found, request.sees(found.execution), request.ports.clock.now()))


async def diff(request: Request) -> Answer:
    """An execution beside another one, or beside its job as it is now."""
    ref = execution_wire.reference(request.values["id"])
    other = request.query.get("with", "current")
    if other == "current":
        found = await compare.with_current(request.ports, request.actor, ref)
    elif other:
        found = await compare.with_other(request.ports, request.actor, ref, execution_wire.reference(other))
    else:
        raise refused("with", "required", "with is current, or names another execution: its id, number or key:….")
    return json_answer(plan_wire.comparison(found, request.principal, request.actor.project))


async def again(request: Request, verb: str, raw: object) -> tuple[Ref, IdempotencyKey | None]:
    """The execution to run again, and the key under the one canonical path that all its names share."""
    ref = execution_wire.reference(request.values["id"])
    if b"idempotency-key" in request.headers:
        standing = await look.standing(request.ports, request.actor, ref)
        return ref, asking.again(request, f"{execution_wire.ROOT}{standing.number}/{verb}", raw)
    return ref, None
