"""An execution that a client answered does what the client would do with it, in the client's own colour."""

import inspect
import json

import msgspec
import pytest

from runbell.client import AsyncClient, Client, Execution, JobFailed
from runbell.client.bound import NAMES, Bound

from .builders import execution
from .scripted import Reply, scripted
from .test_logs import ndjson

METHODS = {"refresh", "wait", "rerun", "restart", "stop", "delete", "logs", "events", "all_steps",
           "results", "rows", "exception_sets", "exception_records", "artifacts", "download"}  # fmt: skip


def test_every_method_looks_like_the_call_of_the_client_that_it_is() -> None:
    assert {name for name in vars(Bound) if not name.startswith("_")} == METHODS
    with Client("http://127.0.0.1:1") as client:
        for name in METHODS:
            ours = inspect.signature(vars(Bound)[name].looks).parameters
            theirs = inspect.signature(getattr(client, NAMES.get(name, name))).parameters
            assert ["self", "ref", *list(ours)[1:]] == list(theirs), name
            assert all(ours[one].default == theirs[one].default for one in list(ours)[1:]), name


def test_an_execution_is_refreshed_read_and_stopped_without_naming_it_again() -> None:
    stopped = Reply({"outcome": "stopped", "status": "stopped", "proof": "observed"})
    script = (Reply(execution("running"), 202), Reply(execution("running")), ndjson(1), stopped)
    with scripted(*script) as server, Client(server.url) as client:
        one = client.run("hello", wait=False)
        assert one.refresh().status == "running"
        assert [line.n for line in one.logs()] == [1]
        assert one.stop(kill=True).proof == "observed"
    paths = {asked.path.removeprefix(f"/api/v1/executions/{one.id}") for asked in server.asked[1:]}
    assert paths == {"", "/logs", "/stop"}


@pytest.mark.anyio
async def test_the_awaited_client_answers_executions_that_are_awaited() -> None:
    script = (Reply(execution("queued"), 202), Reply(execution()), ndjson(1, 2))
    with scripted(*script) as server:
        async with AsyncClient(server.url) as client:
            one = await client.start("hello")
            assert (await one.wait()).ended
            assert [line.n async for line in one.logs()] == [1, 2]


def test_executions_of_a_list_and_of_a_failure_know_their_client_too() -> None:
    failed = execution("failed", error={"detail": "no", "step": "load", "exit_code": 3, "log_tail": ["a", "b"]})
    script = (
        Reply({"items": [execution()], "next_cursor": None}),
        Reply(execution()),
        Reply(failed),
        Reply(execution()),
    )
    with scripted(*script) as server, Client(server.url) as client:
        assert next(client.executions()).refresh().number == 7
        with pytest.raises(JobFailed) as caught:
            client.run("hello")
        assert (caught.value.step, caught.value.exit_code, caught.value.log_tail) == ("load", 3, ("a", "b"))
        assert caught.value.execution.rerun().number == 7


def test_the_client_is_no_member_of_an_execution() -> None:
    with scripted(Reply(execution())) as server, Client(server.url) as client:
        one = client.execution(7)
    assert "client" not in json.loads(msgspec.json.encode(one))
    assert one == msgspec.convert(execution(), Execution)


def test_an_execution_that_no_client_answered_says_so() -> None:
    with pytest.raises(RuntimeError, match=r"client\.execution"):
        msgspec.convert(execution(), Execution).refresh()


def test_run_brings_a_result_that_is_too_large_to_be_carried_inline() -> None:
    with scripted(Reply(execution()), Reply([1, 2, 3])) as server, Client(server.url) as client:
        assert client.run("hello").result == [1, 2, 3]
    assert server.asked[1].path.endswith("/result")
