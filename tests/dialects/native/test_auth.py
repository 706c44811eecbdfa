"""Who may: no spelling of an address, host or method reaches a protected route without the right credentials."""

import asyncio
from base64 import b64encode
from pathlib import Path

import pytest

from runbell.domain.identity import SCOPES
from runbell.http import credentials
from runbell.http.site import Site

from .visit import Visit, a_visit

pytestmark = pytest.mark.anyio

SPELLINGS = (
    "{path}", "{path}/health", "{path}/ready", "{path}/configs", "{path}/healthz", "{path}/../healthz",
    "{path}/%2e%2e/healthz", "{path}%2f..%2fhealthz", "{path};x", "{path}/", "{path}?", "{path}?x=/healthz",
    "{path}?a=1#/healthz", "/{path}", "/.{path}", "/healthz/..{path}", "/healthz%2f..{path}", "/healthz;{path}",
    "http://127.0.0.1{path}", "{upper}", "{path}%00", "{path}%20", "/%2e{path}", "{path}\\", "{path}.json",
)  # fmt: skip
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"host": "a/?x="},
    {"host": ""},
    {"x_forwarded_for": "127.0.0.1", "x_forwarded_prefix": "/healthz", "x_forwarded_host": "localhost"},
    {"x_original_url": "/healthz", "x_rewrite_url": "/healthz"},
    {"x_http_method_override": "GET", "x_method_override": "GET"},
    {"upgrade": "websocket", "connection": "upgrade"},
    {"cookie": "session=admin", "origin": "http://127.0.0.1"},
)


class Values(dict[str, str]):
    """A value for each place in a path."""

    def __missing__(self, name: str) -> str:
        return {"job": "load", "n": "1"}.get(name, "x")


def protected(visit: Visit) -> list[tuple[str, str]]:
    """Method and a concrete path of every route that needs a right."""
    return [(route.method, route.path.format_map(Values(id="1"))) for route in visit.door.routes if not route.open]


async def test_no_spelling_reaches_a_protected_route_without_credentials(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        await visit.started()
        stranger, tried = visit.anonymous(), 0
        for method, path in protected(visit):
            for spelling in SPELLINGS:
                spelled = spelling.format(path=path, upper=path.upper())
                for verb in {method, "HEAD", "OPTIONS", method.lower()}:
                    reply = await stranger.call(verb, spelled)
                    known = {400, 401, 404, 405} | ({204} if verb == "OPTIONS" else set())  # it only lists methods
                    assert reply.status in known, (verb, spelled, reply)
                    assert not reply.body or reply.status != 204
                    tried += 1
            for headers in HEADERS:
                reply = await stranger.call(method, path, headers=headers)
                assert (reply.status, reply.code) == (401, "unauthenticated"), (method, path, headers)
        assert tried > 2_000


async def test_every_route_wants_its_own_right_and_no_other(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        await visit.defined()
        for route in visit.door.routes:
            if route.scope is None:
                continue
            assert route.scope in SCOPES
            path = route.path.format_map(Values(id="77"))
            without = await visit.caller(*[scope for scope in SCOPES if scope != route.scope])
            refused = await without.call(route.method, path)
            assert (refused.status, refused.code) == (403, "insufficient_scope"), route.name
            assert f'scope="{route.scope}"' in refused.headers["www-authenticate"]
            alone = await visit.caller(str(route.scope), everywhere=route.where == "server")
            assert (await alone.call(route.method, path)).status not in {401, 403}, route.name


async def test_the_open_routes_are_these_and_no_more(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        open_routes = {route.path for route in visit.door.routes if route.open}
        assert open_routes == {
            "/healthz", "/readyz", "/version", "/openapi.json", "/problems/{code}", "/oauth/token", "/oauth/revoke",
            "/oauth/introspect", "/oauth/device", "/oauth/jwks", "/oauth/authorize", "/device",
            "/.well-known/oauth-authorization-server",
            "/.well-known/oauth-protected-resource", "/.well-known/api-catalog", "/openapi/{document}",
                "/api/v1/downloads/{id}/{name}",
        }  # fmt: skip
        assert (await visit.anonymous().get("/metrics")).status == 401
    async with a_visit(tmp_path, serving=False, metrics_open=True) as visit:
        assert (await visit.anonymous().get("/metrics")).status == 200


async def test_a_key_is_taken_as_bearer_as_the_user_of_basic_or_in_its_own_header(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        stranger, key = visit.anonymous(), visit.call.key or ""
        for headers in (
            {"authorization": f"Bearer {key}"},
            {"authorization": f"bearer  {key} "},
            {"authorization": "Basic " + b64encode(f"{key}:".encode()).decode()},
            {"authorization": "Basic " + b64encode(f"{key}:any".encode()).decode()},
            {"x_api_key": key},
        ):
            assert (await stranger.get("/api/v1/jobs", **headers)).status == 200, headers


async def test_bad_credentials_are_told_apart_from_none(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        stranger, key = visit.anonymous(), visit.call.key or ""
        none = await stranger.get("/api/v1/jobs")
        found = 'resource_metadata="http://localhost/.well-known/oauth-protected-resource"'
        assert none.headers["www-authenticate"] == f'Bearer realm="runbell", {found}'
        for headers, status, code in [
            ({"authorization": f"Bearer {key}x"}, 401, "invalid_token"),
            ({"authorization": f"Bearer {key[:-1]}"}, 401, "invalid_token"),
            ({"authorization": "Bearer rb_key__"}, 401, "invalid_token"),
            ({"authorization": "Bearer x"}, 401, "invalid_token"),
            ({"x_api_key": "x"}, 401, "invalid_token"),
            ({"authorization": ""}, 401, "unauthenticated"),
            ({"x_api_key": ""}, 401, "unauthenticated"),
            ({"authorization": "Bearer"}, 400, "malformed"),
            ({"authorization": "Token " + key}, 400, "malformed"),
            ({"authorization": "Basic !!!"}, 400, "malformed"),
            ({"authorization": "Basic /w=="}, 400, "malformed"),
            ({"authorization": "Bearer \xe9"}, 400, "malformed"),
            ({"authorization": f"Bearer {key}", "x_api_key": key}, 400, "malformed"),
        ]:
            visit.house.clock.at += 60_000
            reply = await stranger.get("/api/v1/jobs", **headers)
            assert (reply.status, reply.code) == (status, code), headers
            if code == "invalid_token":
                assert 'error="invalid_token"' in reply.headers["www-authenticate"]


async def test_a_key_in_an_address_or_a_body_opens_nothing(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        stranger, key = visit.anonymous(), visit.call.key
        await visit.defined()
        for name in ("access_token", "api_key", "apiKey", "token", "key", "x-api-key"):
            assert (await stranger.get(f"/api/v1/jobs?{name}={key}")).status == 401
            assert (await visit.call.get(f"/api/v1/jobs?{name}={key}")).status in {400, 422}
            assert (await stranger.post("/api/v1/jobs/load:run", {name: key})).status == 401


async def test_an_expired_key_is_refused_within_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        guest = await visit.caller(expires_at=visit.house.clock.at + 1_000)
        assert (await guest.get("/api/v1/jobs")).status == 200
        visit.house.clock.at += 1_000
        now = credentials.monotonic()
        monkeypatch.setattr(credentials, "monotonic", lambda: now + credentials.REMEMBERED_S)
        reply = await guest.get("/api/v1/jobs")
        assert (reply.status, reply.code) == (401, "invalid_token")
        assert 'error_description="expired"' in reply.headers["www-authenticate"]
        assert credentials.REMEMBERED_S <= 1


async def test_browsers_are_told_to_stay_with_tls_where_there_is_tls(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False, site=Site(public_url="https://jobs.example.test")) as visit:
        reply = await visit.anonymous().get("/healthz")
        assert reply.headers["strict-transport-security"] == "max-age=31536000"
    async with a_visit(tmp_path, serving=False) as visit:
        headers = (await visit.anonymous().get("/healthz")).headers
        assert not headers.keys() & {"strict-transport-security", "server", "access-control-allow-origin"}


async def test_only_the_configured_hosts_are_answered(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False, site=Site(hosts=frozenset({"jobs.example.test"}))) as visit:
        for host, status in (
            ("jobs.example.test", 200), ("JOBS.example.test:8080", 200), ("evil.test", 400), ("", 400),
            ("evil.test/jobs.example.test", 400), ("jobs.example.test.evil.test", 400),
        ):  # fmt: skip
            assert (await visit.call.get("/api/v1/jobs", host=host)).status == status, host


async def test_a_websocket_is_turned_away(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        said: list[dict[str, object]] = []

        async def send(message: dict[str, object]) -> None:
            said.append(message)

        await visit.door.app({"type": "websocket"}, asyncio.Event().wait, send)  # type: ignore[arg-type]
        assert said == [{"type": "websocket.close", "code": 1008}]
