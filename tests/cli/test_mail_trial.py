"""`runbell doctor` says whether mail can be sent, and sends some when it is told where."""

import asyncio
from pathlib import Path

import pytest

from runbell.cli.finding import Finding
from runbell.cli.mail_trial import mail
from tests.notifiers.postman import a_postman

pytestmark = pytest.mark.anyio


async def found(receiver: str | None) -> Finding:
    return await asyncio.to_thread(mail, receiver)


async def test_a_mail_server_is_tried_and_a_message_sent_where_it_was_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with a_postman() as postman:
        monkeypatch.setenv("RUNBELL_MAIL_HOST", "localhost")
        monkeypatch.setenv("RUNBELL_MAIL_PORT", str(postman.port))
        monkeypatch.setenv("RUNBELL_MAIL_SECURITY", "plain")
        monkeypatch.setenv("RUNBELL_MAIL_FROM", "rb@example.org")
        seen = await found(None)
        assert (seen.state, "can be used" in seen.said, postman.taken) == ("ok", True, [])
        seen = await found("ops@example.org")
        assert (seen.state, seen.said) == ("ok", f"localhost:{postman.port} (plain) took a message for ops@example.org")
        assert postman.messages[0]["Subject"] == "[runbell] test"
        seen = await found("ops")
        assert (seen.state, "an address like" in seen.fix) == ("fail", True)
        monkeypatch.setenv("RUNBELL_MAIL_PORT", "1")
        seen = await found(None)
        assert (seen.state, "could not be reached" in seen.said, "docs/mail.md" in seen.fix) == ("fail", True, True)
        assert len(postman.taken) == 1
    assert (Path(__file__).parents[2] / "docs" / "mail.md").exists()


async def test_no_mail_server_is_no_fault_unless_mail_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNBELL_MAIL_HOST", raising=False)
    assert (await found(None)).state == "ok"
    assert (await found("ops@example.org")).state == "fail"
