"""Which door answers a path."""

from importlib import import_module
from typing import Any

import pytest

from runbell.http.mounting import Host, Mounting, Paths
from runbell.settings import DIALECTS

pytestmark = pytest.mark.anyio

PATHS = {
    "/": "native", "/healthz": "native", "/oauth/token": "native", "/.well-known/api-catalog": "native",
    "/api/v1/jobs": "native", "/api/v1/executions/7": "native", "/api/v1/": "native", "/api/v1": "native",
    "/api/v1/executeJob.jsp": "infolink", "/api/v1/stop.jsp": "infolink", "/api/v1/oauth2/token": "infolink",
    "/api/v1/startjob": "des", "/api/v1/StartJob/": "des", "//api/v1/startjob": "des", "/API/V1/queryjobs": "des",
    "/api/v1/runfiles/a/b": "des", "/authorisation/token": "des", "//api/v1/jobs": "native",
    "/api/jobs/": "adverity", "/api/jobs": "adverity", "/api/": "adverity", "/api": "adverity", "/api/x": "adverity",
    "/dw/data/v17_4/jobs/x/executions": "ocapi", "/s/-/dw/data/v17_4": "ocapi", "/dwsso/oauth2/access_token": "ocapi",
    "/on/demandware.servlet/x": "ocapi",
    "/integration/jobs/1/execute": "dvsum", "/oauth2/token": "dvsum", "/runJob": "dvsum",
}  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_every_path_of_a_vendor_belongs_to_its_door_and_the_rest_to_the_native_one(path: str) -> None:
    assert host(*DIALECTS).family(path.encode()) == PATHS[path]


def host(*doors: str) -> Host:
    return Host({name: import_module(f"runbell.dialects.{name}").PATHS for name in doors})


def test_a_door_that_nobody_here_knows_says_itself_where_its_paths_begin() -> None:
    acme = Host({"acme": Paths(roots=("acme-jobs",), under_v1=("ring",), under_api=True)})
    paths = (b"/acme-jobs/1", b"/api/v1/RING", b"/api/x", b"/api/v1/jobs", b"//api/v1/ring", b"/")
    assert [acme.family(path) for path in paths] == ["acme", "acme", "acme", "native", "native", "native"]


@pytest.mark.parametrize("wanted", [{"roots": ("oauth2",)}, {"under_v1": ("startjob",)}, {"under_api": True}])
def test_no_two_doors_have_the_same_paths(wanted: dict[str, Any]) -> None:
    doors = {name: import_module(f"runbell.dialects.{name}").PATHS for name in DIALECTS}
    with pytest.raises(ValueError, match="both want the paths"):
        Host(doors | {"acme": Paths(**wanted)})


def a_door(name: str, calls: list[Any]) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        calls.append((name, scope["path"], scope["raw_path"], scope.get("root_path", "")))

    return app


async def called(path: str, *dialects: str) -> tuple[str, str, bytes, str]:
    calls: list[Any] = []
    app = Mounting(a_door("native", calls), {name: a_door(name, calls) for name in dialects}, host(*dialects))
    await app({"type": "http", "path": path, "raw_path": path.encode(), "root_path": ""}, None, None)  # type: ignore[arg-type]
    [found] = calls
    return found  # type: ignore[no-any-return]


async def test_a_door_stands_under_a_prefix_of_its_own_too() -> None:
    assert await called("/dvsum/integration/x", "dvsum") == ("dvsum", "/integration/x", b"/integration/x", "/dvsum")
    assert await called("/dvsum", "dvsum") == ("dvsum", "/", b"/", "/dvsum")
    assert await called("/dvsum/api/v1/jobs", "dvsum") == ("dvsum", "/api/v1/jobs", b"/api/v1/jobs", "/dvsum")


async def test_a_door_that_is_switched_off_is_not_there() -> None:
    assert (await called("/integration/jobs/1/execute"))[0] == "native"
    assert (await called("/dvsum/integration/jobs/1/execute"))[0] == "native"


def test_what_never_became_a_request_belongs_to_the_door_of_its_path() -> None:
    doors = host("dvsum", "des")
    assert doors.inside(b"/integration/jobs/\xff") == ("dvsum", b"/integration/jobs/\xff")
    assert doors.inside(b"/dvsum/integration/\xff") == ("dvsum", b"/integration/\xff")
    assert doors.inside(b"/api/v1/startjob")[0] == "des"
    for elsewhere in (b"", b"/", b"/api/v1/jobs/\xff", b"/dw/data", b"/ocapi/dw", b"/\xff"):
        assert doors.inside(elsewhere) == ("native", elsewhere)
