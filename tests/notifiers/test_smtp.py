"""A message is handed to the mail server once, safely, and what the server says to it is understood."""

import asyncio
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from runbell.domain.delivery import Delivery, Told
from runbell.domain.execution import Error
from runbell.domain.mail_address import is_address
from runbell.notifiers.letter import letter, message_of
from runbell.notifiers.smtp import MailServer, NotTaken, hand_over, try_out
from runbell.settings import load_settings
from tests.builders import an_execution
from tests.certificates import served

from .postman import Postman, a_postman

pytestmark = pytest.mark.anyio
NOON = 1_900_000_000_000
MESSAGE = b"Subject: a\r\n\r\nb\r\n"


def a_delivery(**said: Any) -> Delivery:
    told: dict[str, Any] = {
        "project": "default", "job": "nightly-load", "execution": "01q9gd6e00e0cvj6kq5ydjqw5w", "number": 7,
        "key": "k-1", "data": {"exit_status": {"code": "ERROR", "message": "No rows for März."}},
    }  # fmt: skip
    return Delivery(
        number=1, id="01q9gd6e00e0cvj6kq5ydjqw5x", endpoint=-5, execution=7, project="default", seq=9,
        type="execution.failed", time=NOON, state="due", due_at=NOON, tries=0, attempts=0, created_at=NOON,
        told=Told(**(told | said)),
    )  # fmt: skip


def server(postman: Postman, **said: Any) -> MailServer:
    known: dict[str, Any] = {"host": "localhost", "port": postman.port, "security": "plain", "sender": "rb@example.org"}
    return MailServer(**(known | said))


def text_of(message: bytes) -> str:
    found: str = message_from_bytes(message, policy=default).get_content()
    return found.replace("\r\n", "\n")


async def handed(
    to: MailServer, message: bytes = b"Subject: a\r\n\r\nb\r\n", receiver: str = "ops@example.org"
) -> None:
    await asyncio.to_thread(hand_over, to, receiver, message)


async def test_a_letter_says_what_happened_and_where_to_look() -> None:
    message = letter(a_delivery(), "ops@example.org", "rb@example.org", "https://jobs.example.com")
    async with a_postman() as postman:
        await handed(server(postman), message)
    (sender, receivers, _), (found,) = postman.taken[0], postman.messages
    assert (sender, receivers) == ("rb@example.org", ["ops@example.org"])
    assert (found["From"], found["To"]) == ("runbell <rb@example.org>", "ops@example.org")
    assert found["Subject"] == "[runbell] nightly-load 7 failed"
    assert found["Message-ID"] == "<msg_01q9gd6e00e0cvj6kq5ydjqw5x@example.org>"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found.get_content_type() == "text/plain"
    assert found.get_content().splitlines() == [
        "nightly-load 7 failed at 2030-03-17 17:46:40 UTC.", "", "ERROR: No rows for März.", "", "Project: default",
        "Execution: run_01q9gd6e00e0cvj6kq5ydjqw5w", "Key: k-1", "",
        "https://jobs.example.com/api/v1/executions/run_01q9gd6e00e0cvj6kq5ydjqw5w",
        "https://jobs.example.com/api/v1/executions/run_01q9gd6e00e0cvj6kq5ydjqw5w/logs",
    ]  # fmt: skip


async def test_nothing_that_a_job_says_becomes_a_header_or_steers_a_terminal() -> None:
    evil = "x\r\nBcc: all@example.org\r\n\r\n.\r\nMAIL FROM:<a@b>\x1b[2J\0"
    message = letter(
        a_delivery(data={"exit_status": {"code": "E", "message": evil}}), "o@example.org", "rb@example.org", None
    )
    async with a_postman() as postman:
        await handed(server(postman), message)
        assert len(postman.taken) == 1
    (found,) = postman.messages
    assert found["Bcc"] is None
    assert "Bcc: all@example.org" in found.get_content()
    assert not set(found.get_content()) & set("\x1b\0")
    with pytest.raises(ValueError, match=r"linefeed|newline|header"):
        message_of(receiver="a@b\r\nBcc: c@d", sender="rb@example.org", subject="a", text="", at=NOON, id_="1")
    with pytest.raises(ValueError, match=r"linefeed|newline|header"):
        message_of(receiver="a@b", sender="rb@example.org", subject="a\nBcc: c@d", text="", at=NOON, id_="1")


async def test_letters_of_every_script_arrive_as_they_were_in_a_message_that_any_mail_server_takes() -> None:
    text = "Grüße aus Köln, 日本語\n"
    message = message_of(
        receiver="ops@bücher.example", sender="rb@example.org", subject="[runbell] Löschung 日本 7 failed", text=text,
        at=NOON, id_="1",
    )  # fmt: skip
    assert message.isascii()
    async with a_postman() as postman:
        await handed(server(postman), message, "ops@bücher.example")
        ((_, receivers, _),) = postman.taken
    (found,) = postman.messages
    assert receivers == [found["To"]] == ["ops@xn--bcher-kva.example"]
    assert found["Subject"] == "[runbell] Löschung 日本 7 failed"
    assert found.get_content().replace("\r\n", "\n") == text


async def test_a_receiver_beyond_ascii_takes_a_mail_server_that_knows_how_and_one_that_does_not_is_said() -> None:
    message = message_of(
        receiver="jürgen@bücher.example", sender="rb@example.org", subject="ü", text="ü", at=1, id_="1"
    )
    async with a_postman(utf8=True) as postman:
        await handed(server(postman), message, "jürgen@bücher.example")
        assert postman.taken[0][1] == ["jürgen@bücher.example"]
        assert "To: jürgen@bücher.example".encode() in postman.taken[0][2]
    async with a_postman() as postman:
        with pytest.raises(NotTaken, match=r"does not offer SMTPUTF8.*jürgen@bücher") as caught:
            await handed(server(postman), message, "jürgen@bücher.example")
        assert caught.value.for_good
        assert postman.taken == []


def test_of_a_run_that_failed_a_letter_says_the_first_failed_step_and_its_last_lines() -> None:
    failed = an_execution(error=Error(code="E", detail="d", step="load", scope="DE", log_tail=("one\x1b[2J", "två")))
    text = text_of(letter(a_delivery(), "o@example.org", "rb@example.org", None, failed))
    assert "First failed step: load [DE]\n\nThe last lines it wrote:\n    one [2J\n    två\n" in text
    told = structs.replace(a_delivery(), type="execution.succeeded")
    assert "First failed" not in text_of(letter(told, "o@example.org", "rb@example.org", None, failed))


def test_a_letter_of_exception_records_says_how_many() -> None:
    told = structs.replace(
        a_delivery(data={"step": "check", "scope": None, "count": 12}), type="execution.exceptions_found"
    )
    text = text_of(letter(told, "o@example.org", "rb@example.org", None))
    assert text.startswith("nightly-load 7 left exception records at ")
    assert "Step check left 12 of them." in text


@pytest.mark.parametrize(
    "address",
    [
        "a@b", "a.b+c@example.org", "o'neil@x-y.example.org", f"{'a' * 64}@example.org", "ä@b", "a@ü.example",
        "jürgen.müller@bücher.example", "用户@例え.jp",
    ],
)  # fmt: skip
def test_an_address_is_one(address: str) -> None:
    assert is_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "", "a", "@b", "a@", "a@b@c", "a b@c", "a@b c", "a@b\n", "a@b\r\nBcc: c@d", "a@b,c@d", "A <a@b>",
        "<a@b>", '"a b"@c',
        "a..b@c", ".a@b", "a.@b", "a@b..c", "a@-b", "a@b-", "a@[127.0.0.1]", "a@b;", "a@faß.example", "ä b@c",
        "ä\u200b@c",
        "ä\u2028@c", "ä\xa0@c", "ä\u202e@c", "\ud800@c",
        f"{'a' * 65}@b",
        f"a@{'b.' * 100}c", "a@b\0",
    ],
)  # fmt: skip
def test_anything_else_is_not(address: str) -> None:
    assert not is_address(address)


async def test_it_is_spoken_in_tls_and_the_certificate_has_to_be_for_the_server(tmp_path: Path) -> None:
    file, context = served(tmp_path, "localhost")
    async with a_postman(context, ("rb", "pass-word")) as postman:
        await handed(server(postman, security="starttls", user="rb", password="pass-word", authorities=file))
        assert postman.secured == [True]
        wrong = server(postman, security="starttls", user="rb", password="password", authorities=file)
        with pytest.raises(NotTaken, match=r"refuses rb \(535\); check mail_user"):
            await handed(wrong)
        with pytest.raises(NotTaken, match="certificate is not believed"):
            await handed(server(postman, security="starttls"))
        with pytest.raises(NotTaken, match="certificate is not believed"):
            await handed(server(postman, security="starttls", host="127.0.0.1", authorities=file))
    assert len(postman.taken) == 1


async def test_what_the_server_says_is_understood(tmp_path: Path) -> None:
    async with a_postman() as postman:
        postman.says = {"gone@example.org": "550 no such user", "full@example.org": "452 try later"}
        for receiver, code, for_good in (("gone@example.org", 550, True), ("full@example.org", 452, False)):
            with pytest.raises(NotTaken) as caught:
                await handed(server(postman), receiver=receiver)
            assert (caught.value.code, caught.value.for_good) == (code, for_good)
        postman.says = {"": "554 looks like spam"}
        with pytest.raises(NotTaken, match=r"does not take this message: 554 looks like spam\.$"):
            await handed(server(postman))
        with pytest.raises(NotTaken, match="does not offer STARTTLS; set mail_security"):
            await handed(server(postman, security="starttls"))
        await asyncio.to_thread(try_out, server(postman))
        port = postman.port
    with pytest.raises(NotTaken, match=r"could not be reached: Connection refused\.$"):
        await handed(server(Postman(port=port)))
    assert postman.taken == []


SET = {"RUNBELL_MAIL_HOST": "mail.example.org", "RUNBELL_MAIL_FROM": "rb@example.org"}


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ({"RUNBELL_MAIL_FROM": "Runbell <rb@example.org>"}, "mail_from, an address like"),
        ({"RUNBELL_MAIL_PORT": "0"}, "between 1 and 65535"),
        ({"RUNBELL_MAIL_USER": "rb"}, "go together"),
        ({"RUNBELL_MAIL_USER": "rb", "RUNBELL_MAIL_PASSWORD": "pässword"}, "ASCII"),
        ({"RUNBELL_MAIL_USER": "rb", "RUNBELL_MAIL_PASSWORD": "p", "RUNBELL_MAIL_SECURITY": "plain"}, "unencrypted"),
        ({"RUNBELL_MAIL_SECURITY": "ssl"}, "not valid"),
    ],
)  # fmt: skip
def test_settings_of_mail_that_cannot_work_are_refused(said: dict[str, str], remedy: str) -> None:
    assert load_settings(SET).mail_security == "starttls"
    with pytest.raises(ValueError, match=remedy):
        load_settings(SET | said)
