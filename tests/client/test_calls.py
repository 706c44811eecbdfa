"""What each call asks of the server, and what it makes of the answer."""

import pytest

from runbell.client import Client, JobFailed, ProblemError, UnreadableAnswerError

from .builders import execution, job
from .scripted import Reply, problem, scripted


def test_a_start_sends_only_what_was_given_and_waits_as_long_as_asked() -> None:
    with scripted(Reply(execution())) as server, Client(server.url, "secret") as client:
        client.start("nightly load", {"day": None}, key="k1", wait=12)
    [asked] = server.asked
    assert asked.path == "/api/v1/jobs/nightly%20load/executions"
    assert asked.body == {"params": {"day": None}, "key": "k1"}
    assert asked.headers["prefer"] == "wait=12"
    assert asked.headers["authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    ("ref", "path"),
    [(7, "7"), ("run_06g8", "run_06g8"), ("key:load 2031/04", "key:load%202031%2F04"), ("../x", "..%2Fx")],
)
def test_an_execution_is_named_by_number_id_or_key(ref: str | int, path: str) -> None:
    with scripted(Reply(execution())) as server, Client(server.url) as client:
        client.execution(ref)
    assert server.asked[0].path == f"/api/v1/executions/{path}"


def test_run_waits_until_the_execution_has_ended() -> None:
    script = [Reply(execution("running"), 202), Reply(execution("running")), Reply(execution(result={"rows": 3}))]
    with scripted(*script) as server, Client(server.url) as client:
        assert client.run("hello").result == {"rows": 3}
    assert [asked.query.get("wait") for asked in server.asked] == [None, "50", "50"]


def test_run_raises_what_went_wrong_with_the_last_lines_of_the_log() -> None:
    ended = execution(
        "failed",
        exit_status={"code": "ERROR", "message": "no such table"},
        error={"code": "ERROR", "detail": "no such table", "step": "load", "exit_code": 3, "log_tail": ["a", "b"]},
    )
    with scripted(Reply(ended)) as server, Client(server.url) as client, pytest.raises(JobFailed) as caught:
        client.run("hello")
    error = caught.value.execution.error
    assert error is not None
    assert (error.step, error.exit_code, error.log_tail) == ("load", 3, ("a", "b"))
    assert "no such table" in str(caught.value)


def test_watch_gives_every_change_and_asks_with_the_etag_of_the_last() -> None:
    script = [
        Reply(execution("queued"), headers={"ETag": '"1"'}),
        Reply(status=304),
        Reply(execution("running"), headers={"ETag": '"2"'}),
        Reply(execution("succeeded"), headers={"ETag": '"3"'}),
    ]
    with scripted(*script) as server, Client(server.url) as client:
        assert [seen.status for seen in client.watch(7)] == ["queued", "running", "succeeded"]
    assert [asked.headers.get("if-none-match") for asked in server.asked] == [None, '"1"', '"1"', '"2"']


def test_wait_gives_up_after_so_many_seconds_and_answers_what_it_knows() -> None:
    with scripted(Reply(execution("running"))) as server, Client(server.url) as client:
        assert client.wait(7, seconds=0).status == "running"
    assert len(server.asked) == 1


def test_lists_follow_the_cursor_to_the_end_even_over_an_empty_page() -> None:
    script = [
        Reply({"items": [execution(number=3)], "next_cursor": "a"}),
        Reply({"items": [], "next_cursor": "b"}),
        Reply({"items": [execution(number=1)], "next_cursor": None}),
    ]
    with scripted(*script) as server, Client(server.url) as client:
        assert [one.number for one in client.executions(status="failed,lost", job="hello")] == [3, 1]
    assert [asked.query.get("cursor") for asked in server.asked] == [None, "a", "b"]
    assert {asked.query["status"] for asked in server.asked} == {"failed,lost"}


def test_stop_waits_for_its_proof() -> None:
    script = [
        Reply({"outcome": "pending", "status": "stopping"}, 202),
        Reply({"outcome": "pending", "status": "stopping"}),
        Reply({"outcome": "stopped", "status": "stopped", "proof": "observed"}),
    ]
    with scripted(*script) as server, Client(server.url) as client:
        assert client.stop(7, kill=True, reason="wrong day").proof == "observed"
    assert server.asked[0].body == {"mode": "kill", "reason": "wrong day"}
    assert [asked.method for asked in server.asked] == ["POST", "GET", "GET"]


def test_a_job_is_put_at_its_name_and_guarded_by_a_revision() -> None:
    with scripted(Reply(job(version=2))) as server, Client(server.url) as client:
        assert client.put_job({"job": "hello", "steps": []}, if_revision=4).version == 2
    [asked] = server.asked
    assert (asked.method, asked.path, asked.headers["if-match"]) == ("PUT", "/api/v1/jobs/hello", '"4"')


def test_a_problem_carries_everything_the_server_said() -> None:
    refusal = problem(
        422, "invalid_params", detail="Correct the parameters.", request_id="r1",
        errors=[{"pointer": "/params/rows", "code": "too_large", "detail": "at most 1000"}],
    )  # fmt: skip
    with scripted(refusal) as server, Client(server.url) as client, pytest.raises(ProblemError) as caught:
        client.start("hello")
    error = caught.value
    assert (error.status, error.code, error.detail, error.request_id) == (
        422,
        "invalid_params",
        "Correct the parameters.",
        "r1",
    )
    assert error.errors[0].pointer == "/params/rows"


def test_an_answer_of_another_kind_of_server_is_named_as_such() -> None:
    page = Reply("<html>hello</html>")
    with scripted(page) as server, Client(server.url) as client, pytest.raises(UnreadableAnswerError, match="URL"):
        client.execution(7)


def test_a_plan_sends_what_a_start_would_send_but_makes_up_no_key() -> None:
    answer = {"job": "load", "would": "queue", "code": "job_paused", "params": {"day": {"value": 1, "source": "kept"}}}
    with scripted(Reply(answer)) as server, Client(server.url) as client:
        plan = client.plan("load", {"day": 1}, kept=["since"], idempotency_key="k")
    [asked] = server.asked
    assert (asked.path, asked.body) == ("/api/v1/jobs/load/executions:plan", {"params": {"day": 1}, "kept": ["since"]})
    assert asked.headers["idempotency-key"] == '"k"'
    assert (plan.would, plan.params["day"].source) == ("queue", "kept")


def test_restarts_and_reruns_are_planned_where_they_would_be_asked_for() -> None:
    answer = {"job": "load", "would": "start"}
    with scripted(Reply(answer), Reply(answer)) as server, Client(server.url) as client:
        client.plan_restart(7, from_step="b")
        client.plan_rerun("key:a b", mode="current", params={"x": 1})
    assert [(asked.path, asked.body) for asked in server.asked] == [
        ("/api/v1/executions/7/restart:plan", {"from_step": "b"}),
        ("/api/v1/executions/key:a%20b/rerun:plan", {"mode": "current", "params": {"x": 1}}),
    ]
    assert not any("idempotency-key" in asked.headers for asked in server.asked)


def test_an_explanation_and_a_comparison_are_read() -> None:
    said = {"execution": "run_1", "number": 7, "job": "load", "status": "queued", "summary": "It waits."}
    side = {"job": "load", "job_version": 2}
    compared = {"before": side, "after": side, "params": [{"pointer": "/day", "after": 2}]}
    with scripted(Reply(said), Reply(compared)) as server, Client(server.url) as client:
        assert client.explain(7).summary == "It waits."
        assert client.diff(7, "run_2").params[0].after == 2
    assert [(asked.path, asked.query) for asked in server.asked] == [
        ("/api/v1/executions/7/explain", {}),
        ("/api/v1/executions/7/diff", {"with": "run_2"}),
    ]


def test_a_collection_is_of_the_project_that_the_client_names() -> None:
    with scripted(Reply({"item": []}), Reply({"item": []})) as server, Client(server.url, project="finance") as client:
        client.postman("nightly load")
        client.postman(after="b")
    assert [asked.path for asked in server.asked] == ["/postman/nightly%20load.json", "/postman.json"]
    assert [asked.query for asked in server.asked] == [{"project": "finance"}, {"project": "finance", "after": "b"}]


def test_run_by_somebody_who_may_not_read_results_ends_well_without_one() -> None:
    refusal = problem(403, "insufficient_scope")
    with scripted(Reply(execution(result=None)), refusal) as server, Client(server.url) as client:
        ended = client.run("hello")
    assert (ended.status, ended.result) == ("succeeded", None)
