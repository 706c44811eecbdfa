"""A door: an ASGI app made of routes. It finds the route, admits the caller, answers faults in its own words.

Every route says who may use it, or the door cannot be built. No failure leaves without the door's own shape.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from time import perf_counter
from typing import Final

from starlette.types import Message, Receive, Scope, Send

from runbell.domain.fault import Fault
from runbell.domain.faults import (
    BodyTooLarge,
    Internal,
    Malformed,
    Unavailable,
)
from runbell.domain.identity import SCOPES
from runbell.domain.token_refused import TokenRefused
from runbell.http import cross_origin, denied, query
from runbell.http.answer import Answer, Headers, Stream, header
from runbell.http.compression import WORTH_IT, compress
from runbell.http.credentials import Admission
from runbell.http.manners import EXACT, Manners
from runbell.http.patience import Patience
from runbell.http.quota import AtOnce, Rates
from runbell.http.request import Request
from runbell.http.route import Route
from runbell.http.router import Router
from runbell.http.site import Site
from runbell.http.terms import Terms
from runbell.http.whole_answer import WHOLE
from runbell.operations.identify import Principal, no_project
from runbell.operations.ports import Ports

TRUST: Final = "runbell.trust"
PROJECT: Final = "project"
"""The query parameter that names the project, on the routes that declare it."""
HSTS: Final = (b"strict-transport-security", b"max-age=31536000")
_BROKEN: Final = 500
_log = logging.getLogger("runbell.http")


class PolicyMissing(ValueError):  # noqa: N818 - what is wrong, in a word
    """A route says neither which right it needs nor that it is open, or says two of these things."""


class Tally:
    """How many requests a route answered with a status, and how long that took in all."""

    __slots__ = ("count", "seconds")

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0


class Door:
    """One whole small app. `write_fault` puts any Fault into this door's words and shape.

    `described` is where its OpenAPI document lies; every answer links to it.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        ports: Ports,
        write_fault: Callable[[Fault, Request], Answer],
        *,
        site: Site = Site(),  # noqa: B008 - frozen
        manners: Manners = EXACT,
        terms: Terms | None = None,
        described: str | None = None,
    ) -> None:
        self.routes = tuple(routes)
        for route in self.routes:
            _check_policy(route)
        self.patience = Patience()
        self.tallies: dict[tuple[str, int], Tally] = {}
        self._ports = ports
        self._write_fault = write_fault
        self._site = site
        self._manners = manners
        self._router = Router(self.routes, fold=manners.fold, slash=manners.slash)
        self._admission = Admission(ports, manners.surface)
        self._terms = site.terms if terms is None else terms
        self._rates = Rates()
        self._at_once = AtOnce(self._terms.at_once)
        self._always = _always(described)
        self._known_query = {route.name: frozenset(known.name for known in route.query) for route in self.routes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        began = perf_counter()
        request = Request(scope, receive, self._ports, self.patience, self._site)
        answer = await self._answer(request)
        if scope["scheme"] == "https" or self._site.secure:
            answer.headers.append(HSTS)
        try:
            answer.headers = [*self._always, *answer.headers, (b"x-request-id", request.id.encode()), *request.told]
            if self._terms.origins:
                answer.headers += cross_origin.shared(request.headers.get(b"origin"), self._terms.origins)
            bodiless = request.method == "HEAD"
            if isinstance(answer, Stream):
                await answer.send(send, bodiless=bodiless)
            else:
                if len(answer.body) > WORTH_IT:
                    await compress(answer, request.headers.get(b"accept-encoding"))
                await answer.send(send, bodiless=bodiless, whole=scope.get(WHOLE))
        except Exception as error:
            _log.error("answer_broke_off", exc_info=None if _is_gone(error) else error, extra=_named(request))
        finally:
            if request.held:
                self._at_once.leave(request.held)
        self._count(request, answer.status, perf_counter() - began)

    def refuse(self, fault: Fault, method: str, raw_path: bytes) -> Answer:
        """The answer to what never became a request of this door: in the words of the route that it was meant for."""
        path = raw_path.decode("latin-1")
        scope: Scope = {"type": "http", "method": method, "path": path, "raw_path": raw_path, "query_string": b"",
                 "headers": [], "scheme": "http", "client": None}  # fmt: skip
        request = Request(scope, _nothing, self._ports, self.patience, self._site)
        with suppress(Fault):
            request.route = self._router.find(method, raw_path)[0]
        answer = self._refused(fault, request)
        answer.headers = [*self._always, *answer.headers, (b"x-request-id", request.id.encode())]
        return answer

    async def _answer(self, request: Request) -> Answer | Stream:
        try:
            request.check_headers()
            if request.method == "OPTIONS":
                return self._options(request)
            await self._admit(request)
            return await request.route.endpoint(request)
        except Fault as fault:
            return self._refused(fault, request)
        except asyncio.CancelledError:
            said = "The server is going down; send it again in a moment."
            return self._refused(Unavailable(said, about={"unsettled": True}), request)
        except Exception:
            _log.exception("request_failed", extra=_named(request))
            said = f"Something went wrong here; the server's log has it under request {request.id}."
            return self._refused(Internal(said), request)

    def _refused(self, fault: Fault, request: Request) -> Answer:
        """The fault in the words of the route, or of this door; a denial is noted for the audit log."""
        route: Route | None = getattr(request, "route", None)
        if denied.is_one(fault, request):
            self._ports.denials.note(denied.entry(fault, request, self._ports.clock.now()))
        if route is not None and route.refusals is not None:
            answer = route.refusals.write(fault, request)
        else:
            if isinstance(fault, TokenRefused):
                _log.error("refused_without_words", extra=_named(request))
                fault = Internal("A refusal has no words here; this is a defect of the server.")
            answer = self._write_fault(fault, request)
        if isinstance(fault, BodyTooLarge):
            answer.headers.append((b"connection", b"close"))
        if answer.status > _BROKEN:
            _log.warning("not_now", extra={**_named(request), "status": answer.status, "code": fault.code})
        return answer

    def _options(self, request: Request) -> Answer:
        """What may be asked of a path, and whether a page of another origin may ask it. It needs no credentials."""
        self._site.check_host(request.headers)
        path = request.scope.get("raw_path") or request.scope["path"].encode()
        if self._manners.spelled is not None:
            _, path = self._manners.spelled(request)
        allow = None if path == b"*" else self._router.allowed(path)
        said = request.headers
        wanted = said.get(b"access-control-request-method")
        answer = cross_origin.options(allow, said.get(b"origin"), wanted, self._terms.origins)
        return answer if self._manners.options is None else self._manners.options(request, answer)

    async def _admit(self, request: Request) -> None:
        """Find the route and check everything that is not the endpoint's to check."""
        scope = request.scope
        self._site.check_host(request.headers)
        manners = self._manners
        method, path = request.method, scope.get("raw_path") or scope["path"].encode()
        if manners.lenient and scope["query_string"]:
            self._read_leniently(request, path)
        if manners.spelled is not None:
            if scope["query_string"]:
                request.query = query.read_leniently(scope["query_string"])
            method, path = manners.spelled(request)
        try:
            route, request.values = self._router.find(method, path)
        except Fault:
            if manners.closed is not None and manners.closed(request):
                await self._principal(request)
            raise
        request.route = route
        if manners.lenient and scope["query_string"] and not request.query:  # now the route words its own refusals
            request.query = query.read_leniently(scope["query_string"])
        if route.retiring is not None:
            request.told += route.retiring.headers()
        principal = None if route.open else await self._principal(request)
        if scope["query_string"] and route.foreign:
            request.query = query.read_leniently(scope["query_string"])
        elif scope["query_string"] and not manners.lenient:
            request.query = query.read(scope["query_string"])
            query.check(request.query, self._known_query[route.name])
        if principal is None:
            return
        if route.late:
            request.actor = principal.seeing(principal.home, request.address, request.id)
            return
        project = request.query.get(PROJECT) if request.query and not manners.lenient else None
        if project is not None and project != principal.home and await self._ports.store.project(project) is None:
            raise no_project(project)
        request.actor = principal.acting(route.scope, project, request.address, request.id, route.where)

    def _read_leniently(self, request: Request, path: bytes) -> None:
        """Read the query before the route is known, which may depend on it; a refusal is still in the route's words."""
        try:
            request.query = query.read_leniently(request.scope["query_string"])
        except Malformed:
            with suppress(Fault):
                request.route = self._router.find(request.method, path)[0]
            raise

    async def _principal(self, request: Request) -> Principal:
        """Whose credentials these are; from here on the connection is no stranger's."""
        if self._manners.credentials is not None:
            principal = await self._admission.admit_text(*await self._manners.credentials(request), request.address)
        else:
            headers = request.headers
            authorization, key = headers.get(b"authorization"), headers.get(b"x-api-key")
            known = self._admission.remembered(authorization, key)
            principal = known or await self._admission.admit(authorization, key, request.address)
        if (trust := request.scope.get(TRUST)) is not None:
            trust()
        request.principal = principal
        self._limit(request, principal)
        return principal

    def _limit(self, request: Request, principal: Principal) -> None:
        """Hold the caller to its limits, if there are any. Raises QuotaExceeded."""
        if self._at_once.most:
            self._at_once.enter(principal.client)
            request.held = principal.client
        quota = principal.quota or self._terms.quota
        if quota is not None:
            request.told += self._rates.take(principal.client, quota, self._ports.clock.monotonic())

    def _count(self, request: Request, status: int, seconds: float) -> None:
        route = getattr(request, "route", None)
        key = (route.name if route is not None else "none", status)
        tally = self.tallies.get(key)
        if tally is None:
            tally = self.tallies[key] = Tally()
        tally.count += 1
        tally.seconds += seconds


async def _nothing() -> Message:
    """The body of what never became a request."""
    return {"type": "http.disconnect"}


def _always(described: str | None) -> Headers:
    """What every answer of a door says."""
    said: Headers = []
    if described is not None:
        said.append(header("link", f'<{described}>; rel="service-desc"'))
    return said


def _is_gone(error: Exception) -> bool:
    """Whether an answer broke off because whoever wanted it has hung up, or was hung up on."""
    return isinstance(error, OSError) or (isinstance(error, RuntimeError) and "closed" in str(error))


def _check_policy(route: Route) -> None:
    if (route.scope is not None) + route.anyone + route.open != 1:
        raise PolicyMissing(f"{route.method} {route.path}: say one of scope=…, anyone=True or open=True.")
    if route.late and route.scope is None:
        raise PolicyMissing(f"{route.method} {route.path}: say which right its endpoint asks for.")
    if route.scope is not None and route.scope not in SCOPES:
        raise PolicyMissing(f"{route.method} {route.path}: there is no right {route.scope}.")


def _named(request: Request) -> dict[str, str]:
    """What the log says of a request."""
    return {"request_id": request.id, "method": request.method, "path": request.scope["path"]}
