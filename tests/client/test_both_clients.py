"""The blocking and the awaited client are the same calls."""

import inspect

import pytest

from runbell.client import AsyncClient, Client, ProblemError

from .builders import execution
from .scripted import Reply, problem, scripted
from .test_logs import events

CALLS = {
    "begin_sign_in", "client", "clients", "create_client", "create_key", "delete", "delete_client",
    "delete_client_secret", "delete_key", "delete_project", "delete_secret", "delete_user", "end_session", "events",
    "execution", "executions", "finish_sign_in", "follow", "health", "job", "jobs", "key", "keys", "logs", "project",
    "projects", "put_job", "put_project", "put_secret", "put_user", "rerun", "restart", "result", "retire_job",
    "rotate_client_secret", "run", "secret", "secrets", "server_version", "sessions", "sign_out", "start", "steps",
    "stop", "token", "user", "users", "version", "versions", "wait", "watch", "whoami",
    "preview_bulk", "bulk", "bulk_status", "bulk_items", "cancel_bulk", "queue", "workers", "label", "pause_job",
    "resume_job", "upload", "plan", "plan_restart", "plan_rerun", "explain", "diff", "job_urls",
    "schedule", "put_schedule", "clear_schedule", "pause_schedule", "resume_schedule", "next_fires",
    "results", "exceptions", "artifacts", "rows", "exception_records", "download", "download_link",
    "audit", "check_audit", "export_audit", "postman",
    "webhooks", "webhook", "create_webhook", "change_webhook", "delete_webhook", "rotate_webhook_secret",
    "test_webhook", "replay_webhook", "webhook_deliveries", "deliveries", "redeliver", "redeliver_to",
    "callback_secret", "rotate_callback_secret",
    "set_redirect_uris", "begin_browser_sign_in", "finish_browser_sign_in",
}  # fmt: skip


@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_the_public_calls_are_these_and_each_says_what_it_does(client: type) -> None:
    public = {name for name, _ in inspect.getmembers(client) if not name.startswith("_")}
    assert public - {"carry_out", "unroll", "close", "connection", "passes"} == CALLS
    assert all(inspect.getdoc(getattr(client, name)) for name in CALLS)


@pytest.mark.anyio
async def test_the_awaited_client_retries_waits_and_answers_like_the_other() -> None:
    busy = problem(503, "unavailable", resubmit="same_request_safe")
    with scripted(busy, Reply(execution("running"), 202), Reply(execution(result=4))) as server:
        async with AsyncClient(server.url) as client:
            assert (await client.run("hello")).result == 4


@pytest.mark.anyio
async def test_the_awaited_client_follows_a_log_over_a_broken_connection() -> None:
    with scripted(events(1, cut=True), events(2, end=True)) as server:
        async with AsyncClient(server.url) as client:
            assert [line.n async for line in client.logs(7, follow=True)] == [1, 2]


@pytest.mark.anyio
async def test_the_awaited_client_raises_the_problem() -> None:
    with scripted(problem(404, "not_found", detail="There is no execution 9.")) as server:
        async with AsyncClient(server.url) as client:
            with pytest.raises(ProblemError, match="no execution 9"):
                await client.execution(9)
