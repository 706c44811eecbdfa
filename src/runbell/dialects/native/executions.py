"""Endpoints for executions: start, look, list, steps, restart, rerun, delete."""

from msgspec import UNSET, structs

from runbell.dialects.native import asking, execution_wire, plans
from runbell.dialects.native.again_shapes import RerunBody, RestartBody
from runbell.dialects.native.bodies import Bodies, Body
from runbell.dialects.native.shapes import ExecutionsPage, LabelBody, StartBody, StepsPage
from runbell.domain.execution import Execution
from runbell.http import conditional, query
from runbell.http.answer import JSON_TYPE, Answer, Headers, json_answer
from runbell.http.body import typed
from runbell.http.cursor import Cursors
from runbell.http.prefer import Preferences
from runbell.http.request import Request
from runbell.operations import delete, find, keep, label, look, restart, trigger, wait
from runbell.ports.store import Ref, Started

_PAGING = frozenset({"cursor", "page_token", "limit", "page_size", "project", "count"})


class Executions:
    """The endpoints, and the bodies that they share."""

    def __init__(self, bodies: Bodies, cursors: Cursors) -> None:
        self._bodies = bodies
        self._cursors = cursors

    async def start(self, request: Request) -> Answer:
        """Start a job; with `validate_only`, say what that would do."""
        if query.flag(request.query, "validate_only"):
            return await plans.start(request)
        wish = asking.waiting(request)
        raw = await request.json()
        body, ignored = typed(raw, StartBody, lenient=wish.lenient)
        started = await trigger.trigger(request.ports, request.actor, asking.start(request, raw, body))
        return await self._accepted(request, wish, started, ignored)

    async def restart(self, request: Request) -> Answer:
        """Go on from what did not finish."""
        wish = asking.waiting(request)
        raw = await request.json()
        body, ignored = typed(raw, RestartBody, lenient=wish.lenient)
        ref, key = await plans.again(request, "restart", raw)
        started = await restart.restart(
            request.ports, request.actor, ref, body.from_step, key, call_back=asking.call_back(body.callback)
        )
        return await self._accepted(request, wish, started, ignored)

    async def rerun(self, request: Request) -> Answer:
        """Run everything again."""
        wish = asking.waiting(request)
        raw = await request.json()
        body, ignored = typed(raw, RerunBody, lenient=wish.lenient)
        ref, key = await plans.again(request, "rerun", raw)
        started = await restart.rerun(
            request.ports, request.actor, ref, body.mode, body.params, key, call_back=asking.call_back(body.callback)
        )
        return await self._accepted(request, wish, started, ignored)

    async def get(self, request: Request) -> Answer:
        """One execution: at once, at its next change, or at its end."""
        seen = request.header(b"if-none-match")
        ref = execution_wire.reference(request.values["id"])
        wish = asking.polling(request)
        if wish.wait_s is not None:
            ref = Ref(number=(await self._patiently(request, ref, wish, seen)).number)
        standing = await look.standing(request.ports, request.actor, ref)
        revision = standing.revision
        sees = request.principal.sight(request.actor.project, standing.job)
        body = self._bodies.known(standing.number, revision, sees)
        if seen is not None and conditional.unchanged(seen, revision):
            return Answer(304, _headers(request, wish, revision, body))
        if body is None:
            execution = await look.execution(request.ports, request.actor, ref)
            body = await self._bodies.body(request.actor, execution, sees)
        return Answer(200, [JSON_TYPE, *_headers(request, wish, body.revision, body)], body.encoded)

    async def steps(self, request: Request) -> Answer:
        """All step executions of one execution."""
        execution = await look.execution(request.ports, request.actor, execution_wire.reference(request.values["id"]))
        steps = await look.steps(request.ports, execution)
        return json_answer(StepsPage(tuple(execution_wire.step_shape(step) for step in steps)))

    async def page(self, request: Request) -> Answer:
        """One page of executions: of all jobs, or of the one in the path."""
        if (job := request.values.get("job")) is not None:
            await look.job(request.ports, request.actor, job)
        filters = {name: value for name, value in request.query.items() if name not in _PAGING} | request.values
        after = await self._cursors.read(request.cursor(), filters, tuple[int, int])
        estimate, wanted = asking.counting(request), await asking.listed(request, filters, after)
        page = await look.executions(request.ports, wanted)
        counted = None if estimate is None else await find.count(request.ports, wanted, estimate=estimate)
        onward = None if page.next is None else await self._cursors.write(page.next, filters)
        ends = await keep.expiries(request.ports, page.items)
        items = [execution_wire.item(one, request.sees(one), end) for one, end in zip(page.items, ends, strict=True)]
        shape = ExecutionsPage(items, onward, onward is not None)
        if counted is not None:
            shape = structs.replace(shape, count=counted.value, count_is=counted.kind)
        return json_answer(shape, headers=request.next_page(onward))

    async def patch(self, request: Request) -> Answer:
        """Change tags and pin."""
        wish = request.preferences(0)
        body, ignored = typed(await request.json(), LabelBody, lenient=wish.lenient)
        execution = await label.label(
            request.ports,
            request.actor,
            execution_wire.reference(request.values["id"]),
            tags=None if body.tags is UNSET else tuple(body.tags),
            pinned=None if body.pinned is UNSET else body.pinned,
            if_revision=asking.expected_revision(request),
        )
        written = await self._bodies.body(request.actor, execution, request.sees(execution), ignored)
        headers: Headers = [JSON_TYPE, (b"etag", conditional.etag(written.revision)), *wish.applied("handling")]
        return Answer(200, headers, written.encoded)

    async def delete(self, request: Request) -> Answer:
        """Delete what has ended."""
        await delete.delete(request.ports, request.actor, execution_wire.reference(request.values["id"]))
        return Answer(204, [])

    async def _accepted(self, request: Request, wish: Preferences, started: Started, ignored: list[str]) -> Answer:
        """200 if the execution in the body has ended, else 202; the same id from the first answer to the last."""
        execution = started.execution
        if wish.wait_s is not None and not execution.status.terminal:
            ports = request.ports
            ending = wait.until_terminal(ports.store, ports.watchers, execution, wish.wait_s)
            await request.wait(ending, execution)
            execution = await look.execution(ports, request.actor, Ref(number=execution.number))
        if execution is started.execution and not started.replayed and execution.restart_of is None:
            body = await self._bodies.fresh(execution, request.sees(execution), ignored)
        else:
            body = await self._bodies.body(request.actor, execution, request.sees(execution), ignored)
        headers: Headers = [
            (b"location", body.address),
            (b"link", b'<%b>; rel="status"' % body.address),
            (b"etag", conditional.etag(body.revision)),
            *wish.applied(),
            *([] if body.terminal else [(b"retry-after", b"1")]),
            *([(b"idempotent-replayed", b"true")] if started.replayed else []),
        ]
        status = 200 if body.terminal else 202
        return Answer(status, headers) if wish.minimal else Answer(status, [JSON_TYPE, *headers], body.encoded)

    async def _patiently(self, request: Request, ref: Ref, wish: Preferences, seen: str | None) -> Execution:
        """The execution at its next change (when the caller says what it has seen), else at its end."""
        ports = request.ports
        execution = await look.execution(ports, request.actor, ref)
        seconds = wish.wait_s or 0
        if seen is None:
            return await request.wait(wait.until_terminal(ports.store, ports.watchers, execution, seconds), execution)
        if not conditional.unchanged(seen, execution.revision):
            return execution
        changing = wait.until_changed(ports.store, ports.watchers, execution, execution.revision, seconds)
        return await request.wait(changing, execution)


def _headers(request: Request, wish: Preferences, revision: int, body: Body | None) -> Headers:
    """What goes beside a representation, and beside a 304."""
    headers: Headers = [(b"etag", conditional.etag(revision)), (b"cache-control", b"private, no-cache")]
    headers += wish.applied("wait")
    if body is not None and not body.terminal:
        age_s = (request.ports.clock.now() - body.created_at) // 1_000
        headers.append((b"retry-after", b"%d" % min(10, 1 + age_s // 10)))
    return headers
