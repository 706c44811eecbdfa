"""Secrets by command: set without showing, listed without values, used by a job, deleted."""

import io
from pathlib import Path

import pytest

from .conftest import Typed

JOB = """
job: uses-a-secret
parameters: {token: {type: text, secret: true, default: ""}}
secrets: {PW: cli.password}
steps:
  - {name: say, shell: 'echo "${#PW} $PW ${#RUNBELL_PARAM_TOKEN} $RUNBELL_PARAM_TOKEN"'}
"""


def pipe(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_a_secret_from_set_to_gone(here: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "job.yaml").write_text(JOB)
    assert here("apply", tmp_path / "job.yaml").code == 0
    missing = here("run", "uses-a-secret")
    assert missing.code == 10
    assert "runbell secrets set cli.password" in missing.err
    pipe(monkeypatch, b"hunter2-long\n")
    assert here("secrets", "set", "cli.password").out == "cli.password is set (revision 1).\n"
    listed = here("secrets", "ls").out.splitlines()
    assert listed[0].split() == ["NAME", "CHANGED", "USED", "JOBS"]
    assert any(line.split()[0] == "cli.password" and line.endswith("uses-a-secret") for line in listed)
    (tmp_path / "token").write_text("s3cret-token\n")
    assert here("run", "uses-a-secret", "-p", f"token=@{tmp_path / 'token'}").code == 0
    assert here("logs", "@last").out == "say | 12 *** 12 ***\n"
    assert '{"token":{"secret":true}}' in here("show", "@last").out
    assert here("secrets", "rm", "cli.password").out.startswith("cli.password is gone. These jobs name it")
    assert here("secrets", "rm", "cli.password").code == 3


def test_a_parameter_comes_from_stdin_or_begins_with_an_at_sign(here: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, b"from a pipe\n")
    assert '"name": "from a pipe"' in here("run", "hello", "-p", "name=@-", "-o", "json").out
    assert '"name": "@home"' in here("run", "hello", "-p", "name=@@home", "-o", "json").out
    nowhere = here("run", "hello", "-p", "name=@/no/such/file")
    assert nowhere.code == 2
    assert "begins with @ write @@" in nowhere.err


def test_what_is_no_text_is_no_secret(here: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, b"\xff\xfe")
    refused = here("secrets", "set", "cli.other")
    assert refused.code == 2
    assert "not UTF-8" in refused.err
