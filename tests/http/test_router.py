"""From a path to a route: one spelling per address, and no way from one address into another."""

import pytest

from runbell.domain.faults import Malformed, MethodNotAllowed, NotFound
from runbell.http.answer import Answer
from runbell.http.request import Request
from runbell.http.route import Route
from runbell.http.router import Router


async def nothing(_: Request) -> Answer:
    return Answer(200, [])


def a_route(method: str, path: str) -> Route:
    return Route(method=method, path=path, endpoint=nothing, name=f"{method} {path}", summary="", replies={}, open=True)


ROUTER = Router(
    a_route(method, path)
    for method, path in (
        ("GET", "/api/jobs"),
        ("GET", "/api/jobs/{job}"),
        ("POST", "/api/jobs/{job}:run"),
        ("GET", "/api/jobs/{job}/versions/{n}"),
        ("POST", "/api/executions:bulk"),
        ("GET", "/api/executions/{id}"),
        ("DELETE", "/api/executions/{id}"),
        ("GET", "/healthz"),
    )
)


def find(method: str, path: str | bytes) -> tuple[str, dict[str, str]]:
    route, values = ROUTER.find(method, path if isinstance(path, bytes) else path.encode())
    return route.path, values


@pytest.mark.parametrize(
    ("method", "path", "template", "values"),
    [
        ("GET", "/api/jobs", "/api/jobs", {}),
        ("GET", "/api/jobs/load", "/api/jobs/{job}", {"job": "load"}),
        ("HEAD", "/api/jobs/load", "/api/jobs/{job}", {"job": "load"}),
        ("POST", "/api/jobs/load:run", "/api/jobs/{job}:run", {"job": "load"}),
        ("GET", "/api/jobs/load/versions/3", "/api/jobs/{job}/versions/{n}", {"job": "load", "n": "3"}),
        ("POST", "/api/executions:bulk", "/api/executions:bulk", {}),
        ("GET", "/api/executions/key:a%2Fb", "/api/executions/{id}", {"id": "key:a/b"}),
        ("GET", "/api/executions/key%3Aa", "/api/executions/{id}", {"id": "key:a"}),
        ("GET", "/api/executions/key:%E2%82%AC", "/api/executions/{id}", {"id": "key:€"}),
        ("GET", "/api/%6Aobs", "/api/jobs", {}),
        ("GET", "/api/executions/..%2f..%2fhealthz", "/api/executions/{id}", {"id": "../../healthz"}),
    ],
)
def test_an_address_leads_to_its_route(method: str, path: str, template: str, values: dict[str, str]) -> None:
    assert find(method, path) == (template, values)


def test_an_encoded_colon_is_no_verb() -> None:
    with pytest.raises(MethodNotAllowed):
        find("POST", "/api/jobs/load%3Arun")


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "/api", "/api/", "/api/jobs/", "//api/jobs", "/api//jobs", "/api/./jobs",
        "/api/x/../jobs", "/api/%2e/jobs",
        "/api/jobs/%2e%2e/jobs", "/api/jobs/..", "/API/jobs", "/api/Jobs", "/api/jobs;x", "/healthz/", "/healthz%2f",
        "/api/jobs/load/health", "/api/jobs/load/versions", "/api%2fjobs", "/api\\jobs", "/api/executions:other",
    ],
)  # fmt: skip
def test_another_spelling_is_nothing(path: str) -> None:
    with pytest.raises(NotFound):
        find("GET", path)


@pytest.mark.parametrize(
    "path",
    [b"/api/jobs/%00", b"/api/jobs/a%0a", b"/api/jobs/%c2%80", b"/api/jobs/%ff", b"/api/jobs/%", b"/api/jobs/%zz",
     b"/api/jobs/%4", b"/api/jobs/\xff", b"/api/jobs/\x01", b"*", b"api/jobs", b"/api/jobs/%ed%a0%80"],
)  # fmt: skip
def test_what_cannot_be_an_address_is_malformed(path: bytes) -> None:
    with pytest.raises(Malformed):
        find("GET", path)


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PATCH", "get", "BREW", ""])
def test_a_method_that_is_not_there_is_answered_with_those_that_are(method: str) -> None:
    with pytest.raises(MethodNotAllowed) as refusal:
        find(method, "/api/executions/7")
    assert refusal.value.about == {"allow": "DELETE, GET, HEAD, OPTIONS"}


def test_a_route_declared_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        Router([a_route("GET", "/a"), a_route("GET", "/a")])


def test_one_place_has_one_name() -> None:
    with pytest.raises(ValueError, match="two names"):
        Router([a_route("GET", "/{a}"), a_route("GET", "/{b}/c")])


def test_a_dialect_may_take_paths_in_any_case_and_with_a_slash_at_their_end() -> None:
    router = Router([a_route("GET", "/Api/jobs/{job}/run")], fold=True, slash=True)
    for path in ("/api/jobs/Load/run", "/API/Jobs/Load/RUN/"):
        assert router.find("GET", path.encode())[1] == {"job": "Load"}
    with pytest.raises(NotFound):
        router.find("GET", b"/api/jobs/Load/run//")


def test_head_may_have_a_route_of_its_own() -> None:
    get, head = a_route("GET", "/a"), a_route("HEAD", "/a")
    for declared in ([get, head], [head, get]):
        assert Router(declared).find("HEAD", b"/a")[0].method == "HEAD"
    assert Router([get]).find("HEAD", b"/a")[0].method == "GET"
