"""The sample receiver hears of a real run and believes what is signed; the command line shows all of it."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runbell.client import Client, UnverifiedWebhook, verify_webhook
from runbell.domain import signing_secret
from runbell.notifiers.signing import signature
from tests.end_to_end.serving import EXAMPLES, RUNBELL, serving

HELLO = "job: hello\nnotify: {webhooks: [here, nobody], on: [succeeded]}\nsteps:\n  - {name: a, command: [echo, hi]}\n"
COMMANDS = (
    ("rotate", "here"), ("disable", "here"), ("enable", "here"), ("show", "here"), ("ls",),
    ("set", "here", "--description", "mine"), ("replay", "here", "--since", "1h"), ("rm", "here"),
)  # fmt: skip


@contextmanager
def receiving(port: int, secret: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, str(EXAMPLES / "receiver" / "receiver.py"), str(port)]
    told = os.environ | {"RUNBELL_WEBHOOK_SECRET": secret}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=told) as receiver:
        try:
            yield receiver
        finally:
            receiver.terminate()


def a_free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def typed(client: Client, *words: str) -> subprocess.CompletedProcess[str]:
    told = os.environ | {"RUNBELL_URL": client.connection.url, "RUNBELL_TOKEN": client.connection.token or ""}
    return subprocess.run([RUNBELL, *words], env=told, capture_output=True, text=True, timeout=60, check=False)


def test_the_receiver_hears_of_a_run_and_the_command_line_shows_what_it_was_told(tmp_path: Path) -> None:
    jobs, port = tmp_path / "jobs", a_free_port()
    jobs.mkdir()
    (jobs / "hello.yaml").write_text(HELLO)
    with serving(tmp_path / "data", jobs, egress_allow="127.0.0.1", webhook_delays="0,0.2,0.2,0.2") as client:
        url = f"http://127.0.0.1:{port}/hooks"
        made = typed(client, "webhooks", "create", "here", url, "--only-named")
        assert made.returncode == 0, made.stderr
        with receiving(port, made.stdout.strip()) as receiver:
            assert receiver.stdout is not None
            for _ in range(100):
                tested = typed(client, "webhooks", "test", "here")
                if tested.returncode == 0:
                    break
                time.sleep(0.1)
            assert tested.stdout.startswith("delivered: it answered 204"), tested
            assert receiver.stdout.readline().startswith("endpoint.test")
            run = client.run("hello")
            assert receiver.stdout.readline().startswith("execution.succeeded")
            for _ in range(50):
                (delivery,) = client.deliveries(run.id)
                if delivery.status == "delivered":
                    break
                time.sleep(0.1)
            listed = typed(client, "deliveries", "ls", "@last")
            assert delivery.id in listed.stdout
            assert "delivered" in listed.stdout
            shown = typed(client, "deliveries", "show", delivery.id, "@last")
            assert "answered 204" in shown.stdout
            assert run.id in shown.stdout
            again = typed(client, "deliveries", "redeliver", delivery.id, "--webhook", "here")
            assert again.returncode == 0, again.stderr
            for words in COMMANDS:
                done = typed(client, "webhooks", *words)
                assert done.returncode == 0, done.stderr
            assert typed(client, "webhooks", "show", "here").returncode == 3
            assert typed(client, "deliveries", "ls").returncode == 2


def test_the_receiver_refuses_what_nobody_signed(tmp_path: Path) -> None:
    port, secret = a_free_port(), signing_secret.fresh("v1")
    with receiving(port, secret):
        for wanted, by in ((204, secret), (401, signing_secret.fresh("v1"))):
            at = int(time.time())
            body = b'{"type": "endpoint.test", "data": {}}'
            said = signature("msg_1", at, body, [by])
            headers = {"webhook-id": "msg_1", "webhook-timestamp": str(at), "webhook-signature": said}
            request = urllib.request.Request(f"http://127.0.0.1:{port}/", body, headers)
            assert answered(request) == wanted
            if wanted == 204:
                assert verify_webhook(headers, body, [secret])["type"] == "endpoint.test"
            else:
                with pytest.raises(UnverifiedWebhook):
                    verify_webhook(headers, body, secret)


def answered(request: urllib.request.Request) -> int:
    for _ in range(100):
        try:
            with urllib.request.urlopen(request) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code
        except urllib.error.URLError:
            time.sleep(0.05)
    raise AssertionError("The receiver did not come up.")
