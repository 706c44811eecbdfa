"""How each change that the API offers is made: one recipe per operation of the OpenAPI document that is no GET."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from verify.client import Client

Ask = Callable[..., Any]
Recipe = Callable[[Client, Ask], Any]
STEPS: Final[dict[str, Any]] = {"steps": [{"name": "a", "command": ["true"]}]}
BROKEN: Final[dict[str, Any]] = {"steps": [{"name": "a", "command": ["false"]}]}
LEAVING: Final[dict[str, Any]] = {
    "steps": [{"name": "ask", "sql": "select 1 as a"},
              {"name": "file", "shell": "echo a > $RUNBELL_OUTPUT/a.txt"}]
}  # fmt: skip
SLOW: Final[dict[str, Any]] = {"steps": [{"name": "a", "command": ["sleep", "60"]}]}
HOOK: Final[dict[str, Any]] = {"name": "trial", "url": "https://hooks.example.test/runbell"}
"""No such host: nothing arrives, and every change of the webhook is made all the same."""
SCOPES: Final = ["jobs:read"]
CHANGES_NOTHING: Final = frozenset({"plan_start", "plan_restart", "plan_rerun", "preview_schedule"})
NOT_TRIED: Final = frozenset({"end_session", "cancel_bulk"})
"""The one needs a person who signed in by a device, the other has to come while a bulk is at work; the tests of the
native door do both."""


def _execution(client: Client, definition: dict[str, Any], *, ended: bool = True) -> str:
    assert client.send("PUT", "/jobs/trial", definition).ok
    name = client.started("trial")
    if ended:
        client.ended(name)
    return f"/executions/{name}"


def takings(client: Client) -> dict[str, tuple[str, str, dict[str, str]]]:
    """How what an execution left is taken: what the audit log calls that, and the GET with its headers."""
    path = _execution(client, LEAVING)
    [file] = client.get(f"{path}/artifacts").body["items"]
    link = client.get(f"{path}/results/ask/download").body["download_url"]
    return {
        "an export": ("results.download", f"{path}/results/ask", {"Accept": "text/csv"}),
        "a file": ("results.download", file["links"]["self"], {}),
        "a link": ("results.link", f"{path}/results/ask/download", {}),
        "a page": ("results.read", f"{path}/results/ask", {}),
        "by a link": ("results.download", urlsplit(link)._replace(scheme="", netloc="").geturl(), {}),
    }


def _defined(path: str, body: dict[str, Any], method: str, **change: Any) -> Recipe:
    """Put something, then change or remove it under the tag it has."""

    def make(client: Client, ask: Ask) -> Any:
        made = client.send("PUT", path, body)
        assert made.ok, made
        headers = {name.lower(): value for name, value in made.headers.items()}
        return ask(method, path, change or None, If_Match=headers["etag"])

    return make


def _with_schedule(method: str, end: str = "", *, body: Any = None, paused: bool = False) -> Recipe:
    """Define a job with a schedule, then do something to that."""

    def make(client: Client, ask: Ask) -> Any:
        assert client.send("PUT", "/jobs/scheduled", STEPS | {"schedule": {"every": "2h"}}).ok
        if paused:
            assert client.post("/jobs/scheduled/schedule/pause", {}).ok
        return ask(method, f"/jobs/scheduled/schedule{end}", body)

    return make


def _of_client(method: str, end: str = "", **change: Any) -> Recipe:
    """Make a client, then change it, or one of its secrets."""

    def make(client: Client, ask: Ask) -> Any:
        made = client.post("/clients", {"scopes": SCOPES})
        assert made.ok, made
        headers = {name.lower(): value for name, value in made.headers.items()}
        secret = made.body["secrets"][0]["id"]
        if end.endswith("{secret}"):
            assert client.post(f"/clients/{made.body['id']}/secrets", {}).ok
        path = f"/clients/{made.body['id']}{end.format(secret=secret)}"
        tagged = {"If_Match": headers["etag"]} if not end else {}
        return ask(method, path, change or ({} if method == "POST" else None), **tagged)

    return make


def _of_key(method: str, **change: Any) -> Recipe:
    def make(client: Client, ask: Ask) -> Any:
        made = client.post("/keys", {"name": f"trial-{method.lower()}", "scopes": SCOPES})
        assert made.ok, made
        headers = {name.lower(): value for name, value in made.headers.items()}
        return ask(method, f"/keys/{made.body['id']}", change or None, If_Match=headers["etag"])

    return make


def _of_webhook(method: str, end: str = "", body: Any = None) -> Recipe:
    """Make a webhook, then do something to it; in `end`, `{delivery}` is that of a test event, sent before."""

    def make(client: Client, ask: Ask) -> Any:
        turn = len(client.get("/webhooks").body["items"])
        made = client.post("/webhooks", HOOK | {"name": f"trial-{turn}"})
        assert made.ok, made
        path = f"/webhooks/{made.body['id']}"
        if "{delivery}" in end:
            return ask(method, path + end.format(delivery=client.post(f"{path}/test", {}).body["id"]), body)
        return ask(method, path + end, body)

    return make


def _redelivered(client: Client, ask: Ask) -> Any:
    """An execution that somebody is told of, and one of its deliveries again."""
    assert client.post("/webhooks", HOOK | {"name": "told"}).ok
    path = _execution(client, STEPS)
    delivery = client.get(f"{path}/deliveries").body["items"][0]["id"]
    return ask("POST", f"{path}/deliveries/{delivery}/redeliver")


RECIPES: Final[dict[str, Recipe]] = {
    "put_job": lambda _, ask: ask("PUT", "/jobs/put", STEPS),
    "patch_job": _defined("/jobs/patched", STEPS, "PATCH", title="A title"),
    "retire_job": _defined("/jobs/retired", STEPS, "DELETE"),
    "start": lambda _, ask: ask("POST", "/jobs/put/executions", {}),
    "start_by_verb": lambda _, ask: ask("POST", "/jobs/put:run", {}),
    "restart": lambda client, ask: ask("POST", _execution(client, BROKEN) + "/restart", {}),
    "rerun": lambda client, ask: ask("POST", _execution(client, STEPS) + "/rerun", {}),
    "stop": lambda client, ask: ask("POST", _execution(client, SLOW, ended=False) + "/stop", {}),
    "delete_execution": lambda client, ask: ask("DELETE", _execution(client, STEPS)),
    "patch_execution": lambda client, ask: ask("PATCH", _execution(client, STEPS), {"tags": ["a"]}),
    "pause_job": lambda _, ask: ask("POST", "/jobs/put/pause", {}),
    "resume_job": lambda _, ask: ask("POST", "/jobs/put/resume", {}),
    "put_schedule": _with_schedule("PUT", body={"every": "1h"}),
    "clear_schedule": _with_schedule("DELETE"),
    "pause_schedule": _with_schedule("POST", "/pause"),
    "resume_schedule": _with_schedule("POST", "/resume", paused=True),
    "bulk": lambda _, ask: ask("POST", "/executions:bulk", {"action": "stop", "filter": {"job": "put"}}),
    "put_project": lambda _, ask: ask("PUT", "/projects/trial", {"title": "A trial"}),
    "delete_project": _defined("/projects/going", {}, "DELETE"),
    "put_user": lambda _, ask: ask("PUT", "/users/trial", {"roles": {"default": "viewer"}}),
    "patch_user": _defined("/users/patched", {"roles": {"default": "viewer"}}, "PATCH", title="Somebody"),
    "delete_user": _defined("/users/going", {"roles": {"default": "viewer"}}, "DELETE"),
    "create_client": lambda _, ask: ask("POST", "/clients", {"scopes": SCOPES}),
    "put_client": _of_client("PUT", scopes=SCOPES, name="Put anew"),
    "patch_client": _of_client("PATCH", name="Another name"),
    "delete_client": _of_client("DELETE"),
    "add_secret": _of_client("POST", "/secrets"),
    "remove_secret": _of_client("DELETE", "/secrets/{secret}"),
    "post_file": lambda _, ask: ask("POST", "/files", {"any": "bytes"}),
    "put_secret": lambda _, ask: ask("PUT", "/secrets/TRIAL", {"value": "a value"}),
    "delete_secret": _defined("/secrets/GOING", {"value": "a value"}, "DELETE"),
    "create_key": lambda _, ask: ask("POST", "/keys", {"name": "trial", "scopes": SCOPES}),
    "patch_key": _of_key("PATCH", name="another"),
    "delete_key": _of_key("DELETE"),
    "create_webhook": lambda _, ask: ask("POST", "/webhooks", HOOK),
    "patch_webhook": _of_webhook("PATCH", body={"enabled": False}),
    "delete_webhook": _of_webhook("DELETE"),
    "rotate_webhook_secret": _of_webhook("POST", "/secret", {}),
    "test_webhook": _of_webhook("POST", "/test", {}),
    "replay_webhook": _of_webhook("POST", "/replay", {"since": "2020-01-01T00:00:00Z"}),
    "rotate_callback_secret": lambda _, ask: ask("POST", "/callback-secret", {}),
    "redeliver": _of_webhook("POST", "/deliveries/{delivery}/redeliver"),
    "redeliver_of_execution": _redelivered,
}
