"""Sign in by the browser of this machine: one that a test plays, by HTTP, against a real server."""

import json
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runbell.cli import sent_back
from runbell.client import Client
from tests.end_to_end.serving import serving

from .conftest import Typed

PASSWORD = "four words in a row"
BROWSER = """#!{python}
import html, re, sys
import urllib.error, urllib.parse, urllib.request

class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None

plain = urllib.request.build_opener(Stay, urllib.request.ProxyHandler({{}}))
page = plain.open(sys.argv[1]).read().decode()
form = {{name: html.unescape(value) for name, value in re.findall(r'type="hidden" name="(.+?)" value="(.*?)"', page)}}
form |= {{"username": "ada", "password": "{password}", "decision": "{decision}"}}
where = urllib.parse.urljoin(sys.argv[1], re.search(r'<form method="post" action="(.+?)"', page)[1])
asked = urllib.request.Request(where, urllib.parse.urlencode(form).encode(), {{"Sec-Fetch-Site": "same-origin"}})
try:
    plain.open(asked)
except urllib.error.HTTPError as sent:
    assert sent.code == 303, sent.read()
    back = sent.headers["Location"]
{more}
assert b"close this page" in plain.open(back).read()
"""
STRANGER = """
    for odd in ("/favicon.ico", "/callback", "/callback?code=x&state=y"):
        try:
            plain.open(urllib.parse.urljoin(back, odd)).read()
        except urllib.error.HTTPError as lost:
            assert lost.code == 404 and "code" not in odd
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A server that Ada may use."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "jobs").mkdir()
    with serving(folder / "data", folder / "jobs") as client:
        client.put_user("ada", {"roles": {"default": "operator"}, "password": PASSWORD})
        yield client


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a browser, in which Ada decides."""
    monkeypatch.chdir(tmp_path)

    def make(decision: str = "allow", more: str = "") -> None:
        script = tmp_path / "browser"
        script.write_text(BROWSER.format(python=sys.executable, password=PASSWORD, decision=decision, more=more))
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("BROWSER", f"{script} %s")
        monkeypatch.setattr("webbrowser._tryorder", None)  # what an earlier test's BROWSER named is remembered there

    return make


def test_the_browser_comes_back_with_the_answer_and_the_next_command_is_let_in(
    server: Client, browser: Any, typed: Typed
) -> None:
    browser(more=STRANGER)
    ended = typed("login", "--url", server.connection.url, "--browser", "--scope", "jobs:read executions:read")
    assert (ended.code, "/oauth/authorize?response_type=code&" in ended.err) == (0, True), ended
    kept = json.loads(Path(os.environ["RUNBELL_CONFIG"]).read_text())["profiles"]["default"]
    for secret in ("access_token", "refresh_token"):
        assert kept[secret] not in ended.out + ended.err
    who = json.loads(typed("whoami", "--json").out)
    assert (who["client"], who["scopes"]) == ("user:ada", {"default": ["executions:read", "jobs:read"]})
    assert typed("ps").code == 0
    assert typed("logout").code == 0
    assert list(server.sessions(user="ada")) == []


def test_who_denies_is_told_so_and_nothing_is_kept(server: Client, browser: Any, typed: Typed) -> None:
    browser("deny")
    ended = typed("login", "--url", server.connection.url, "--browser")
    assert (ended.code, ended.err.splitlines()[-2:]) == (
        4, ["The person denied it.", "Try: runbell login --browser"],
    )  # fmt: skip
    assert not Path(os.environ["RUNBELL_CONFIG"]).exists()


def test_nobody_waits_for_ever_and_a_program_has_no_browser(
    server: Client, typed: Typed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sent_back.SentBack.answer, "__defaults__", (0.0,))
    ended = typed("login", "--url", server.connection.url, "--browser")
    assert (ended.code, "Nobody allowed it" in ended.err) == (4, True)
    both = typed("login", "--url", server.connection.url, "--browser", "--client-id", "etl")
    assert (both.code, "use one of them" in both.err) == (2, True)
