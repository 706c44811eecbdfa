"""A step of kind `http` asks, tries, waits and keeps the answer; it reaches what it may and shows no secret."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from runbell.domain.actions import Task
from runbell.domain.data import output_files
from runbell.domain.definition import read_job
from runbell.domain.fill_in import Filling
from runbell.domain.http_call import fill_http
from runbell.domain.outcome import Failed, Gone, Succeeded
from runbell.ports.runner import StepOrder
from tests.egress.stranger import Answering, Stranger, a_stranger, answer
from tests.runners.workplace import Workplace, a_workplace, names_in, result_of, text_of, until

pytestmark = pytest.mark.anyio

SECRETS = {"api": "tok-secret-9876543210", "torn": "tok-secret\r\nX-Admin: 1"}
OPEN = {"allow": "127.0.0.0/8", "http": False, "ca": None}
JSON = "Content-Type: application/json"


def said(value: Any, status: int = 200, *headers: str) -> bytes:
    return answer(status, json.dumps(value).encode(), JSON, *headers)


def an_order(place: Workplace, **http: Any) -> StepOrder:
    """The order for a step that is written like this in a job file."""
    job = read_job({"job": "load", "project": "default", "parameters": {"day": {"type": "text"}},
                    "steps": [{"name": "main", "http": http}]})  # fmt: skip
    task = job.steps[0].action
    assert isinstance(task, Task)
    filling = Filling(
        execution_id="run_1", execution_number=7, parameters={"day": "2/3 &?"}, secret=SECRETS.__getitem__
    )
    return place.order(
        kind="http",
        task=task.body | fill_http(task.filled, filling),
        veiled=tuple(SECRETS[name] for name in task.secrets),
    )


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Workplace]:
    async with a_workplace(tmp_path, egress=OPEN) as workplace:
        yield workplace


async def failure(place: Workplace, **http: Any) -> str:
    outcome = await place.run(an_order(place, **http))
    assert isinstance(outcome, Failed), outcome
    return outcome.error.detail


def url(stranger: Stranger, path: str = "/x") -> str:
    return f"http://127.0.0.1:{stranger.port}{path}"


async def test_a_request_goes_out_as_written_and_its_answer_is_the_result(place: Workplace) -> None:
    async with a_stranger(said({"id": 7, "big": 2**60}, 201, "X-One: a", "X-Two: b")) as stranger:
        order = an_order(
            place, url=url(stranger, "/days/{day}?q={day}"), headers={"X-Day": "{day}"},
            json={"day": "{day}", "n": [1]}, keep_headers=["X-One"],
        )  # fmt: skip
        outcome = await place.run(order)
    assert result_of(outcome) == {
        "status": 201, "headers": {"content-type": "application/json", "x-one": "a"}, "body": {"id": 7, "big": 2**60},
    }  # fmt: skip
    head, _, body = stranger.requests[0].partition("\r\n\r\n")
    assert head.startswith("POST /days/2%2F3%20%26%3F?q=2%2F3%20%26%3F HTTP/1.1\r\n")
    assert "\r\nX-Day: 2/3 &?\r\n" in head
    assert head.endswith("\r\nContent-Type: application/json")
    assert json.loads(body) == {"day": "2/3 &?", "n": [1]}
    assert f"POST {url(stranger, '/days/2%2F3%20%26%3F')} → 201 Created in " in text_of(order)
    assert "?q=" not in text_of(order)


async def test_forms_texts_and_answers_of_all_kinds(place: Workplace) -> None:
    kinds = {
        b"/form": answer(200, "süß".encode("latin-1"), "Content-Type: text/plain; charset=latin-1"),
        b"/none": answer(204), b"/lie": answer(200, b"{no", JSON), b"/text": answer(200, b"[1]"),
        b"/image": answer(200, b"\x89PNG\0\xff", "Content-Type: image/png"),
    }  # fmt: skip
    async with a_stranger(lambda asked: kinds[asked.split()[1]]) as stranger:
        outcome = await place.run(an_order(place, url=url(stranger, "/form"), form={"day": "{day}", "b": "ü"}))
        assert result_of(outcome)["body"] == "süß"
        assert stranger.requests[0].endswith("\r\n\r\nday=2%2F3+%26%3F&b=%C3%BC")
        for path, body in (("/none", None), ("/lie", "{no"), ("/text", "[1]")):
            outcome = await place.run(an_order(place, url=url(stranger, path), method="PUT", body="a\nb"))
            assert result_of(outcome)["body"] == body
        assert stranger.requests[-1].endswith("\r\n\r\na\nb")
        assert "neither JSON nor text (image/png)" in await failure(place, url=url(stranger, "/image"))


async def test_a_secret_is_sent_and_shown_nowhere(place: Workplace) -> None:
    """The stranger gives back whatever it was sent, as badly written services do."""
    echo: Answering = lambda asked: said({"you": asked.decode("latin-1")}, 200, f"X-Echo: {SECRETS['api']}")  # noqa: E731
    async with a_stranger(echo) as stranger:
        order = an_order(
            place, url=url(stranger, "/{secrets.api}?k={secrets.api}"), json={"token": "{secrets.api}"},
            headers={"Authorization": "Bearer {secrets.api}"}, keep_headers=["x-echo"],
        )  # fmt: skip
        outcome = await place.run(order)
        sent = stranger.requests[0]
        refused = an_order(place, url=url(stranger, "/{secrets.api}"), expect=[404])
        failed = await place.run(refused)
    assert sent.count(SECRETS["api"]) == 4
    shown = json.dumps(result_of(outcome)) + text_of(order) + text_of(refused) + repr(failed)
    assert SECRETS["api"] not in shown
    assert result_of(outcome)["headers"]["x-echo"] == "***"
    assert "***" in text_of(order)
    assert "expected was 404" in repr(failed)


async def test_what_is_not_permitted_is_not_asked(place: Workplace, tmp_path: Path) -> None:
    async with a_stranger(said(1)) as stranger, a_workplace(tmp_path / "jobs") as closed:
        detail = await failure(closed, url=url(stranger))
        assert f"GET {url(stranger)} was not sent. 127.0.0.1 leads to this machine itself" in detail
        assert "egress_allow" in detail
        assert stranger.requests == []
        torn = await failure(place, url=url(stranger), headers={"X": "{secrets.torn}"})
        assert "the header X holds a line break" in torn
        assert "Admin" not in torn
    assert stranger.requests == []


async def test_an_unexpected_status_fails_the_step_and_its_answer_is_in_the_log(place: Workplace) -> None:
    async with a_stranger(answer(404, b'{"error":\n "no such thing"}', "Retry-After: 9")) as stranger:
        order = an_order(place, url=url(stranger), expect=["2xx", 302])
        outcome = await place.run(order)
    assert isinstance(outcome, Failed)
    assert outcome.error.detail == f"GET {url(stranger)} answered 404 Not Found, expected was 2xx, 302."
    assert 'The answer begins: {"error": "no such thing"}' in text_of(order)
    assert "Traceback" not in text_of(order)
    assert outcome.error.again_in_ms is None


async def test_how_long_to_wait_for_another_attempt_is_handed_on(place: Workplace) -> None:
    async with a_stranger(answer(503, b"", "Retry-After: 7")) as stranger:
        outcome = await place.run(an_order(place, url=url(stranger)))
    assert isinstance(outcome, Failed)
    assert outcome.error.again_in_ms == 7_000


async def test_a_redirect_is_followed_only_when_the_step_says_so(place: Workplace) -> None:
    answers = {b"/x": answer(302, b"", "Location: /y"), b"/y": said("there")}
    async with a_stranger(lambda asked: answers[asked.split()[1]]) as stranger:
        assert "`redirects: 1` follows" in await failure(place, url=url(stranger))
        assert result_of(await place.run(an_order(place, url=url(stranger), redirects=1)))["body"] == "there"


async def test_a_large_answer_is_refused_clearly_or_kept_as_a_file(place: Workplace) -> None:
    body = bytes(range(256)) * 20_000
    async with a_stranger(answer(200, body, "Content-Type: application/octet-stream")) as stranger:
        assert "more than 1048576 bytes; `answer: 10MiB` takes more" in await failure(place, url=url(stranger))
        outcome = await place.run(an_order(place, url=url(stranger), save="day.bin"))
        assert isinstance(outcome, Succeeded)
        (file,) = output_files(outcome.data)
        assert (file.name, file.size) == ("day.bin", len(body))
        assert result_of(outcome)["sha256"] == file.sha256
        order = an_order(place, url=url(stranger), save="day.bin", answer="4MiB")
        cut = await place.run(order)
    assert isinstance(cut, Failed)
    assert cut.data == ()
    assert (
        names_in(f"{order.home}/data") == names_in(f"{order.home}/output") == names_in(f"{order.home}/workspace") == []
    )


async def test_it_asks_again_until_the_answer_says_so(place: Workplace) -> None:
    states = iter([{"job": {"state": "queued"}}, {}, {"job": {"state": "running"}}, {"job": {"state": "done"}}])
    async with a_stranger(lambda _: said(next(states))) as stranger:
        order = an_order(
            place, url=url(stranger), until={"path": "job.state", "in": ["done", "closed"], "every": "100ms"}
        )
        outcome = await place.run(order)
    assert result_of(outcome)["body"] == {"job": {"state": "done"}}
    assert len(stranger.requests) == 4


async def test_a_request_that_changes_something_is_made_once_and_its_outcome_asked_for(place: Workplace) -> None:
    polls = iter([{"s": 1}, {"s": 2}])

    def answering(asked: bytes) -> bytes:
        return said({"id": "a/b"}, 202, "Location: /place") if asked.startswith(b"POST") else said(next(polls))

    waiting = {"path": "s", "in": [2], "every": "100ms"}
    async with a_stranger(answering) as stranger:
        await place.run(an_order(place, url=url(stranger), json=1, headers={"X-Key": "k"}, until=waiting))
        assert [asked.split()[0:2] for asked in stranger.requests] == [
            ["POST", "/x"],
            ["GET", "/place"],
            ["GET", "/place"],
        ]
        assert "X-Key: k" in stranger.requests[1]
        assert "Content-Type" not in stranger.requests[1]
        polls = iter([{"s": 2}])
        named = waiting | {"url": url(stranger, "/things/{answer.id}")}
        await place.run(an_order(place, url=url(stranger), json=1, until=named))
        assert stranger.requests[-1].startswith("GET /things/a%2Fb ")
        lost = waiting | {"url": url(stranger, "/things/{answer.no}")}
        assert "holds no `no`" in await failure(place, url=url(stranger), json=1, until=lost)


async def test_a_place_on_another_host_that_only_the_answer_names_gets_no_header_of_the_step(place: Workplace) -> None:
    waiting = {"path": "s", "in": [2], "every": "100ms"}
    async with a_stranger(said({"s": 2}), host="127.0.0.2") as other:
        elsewhere = f"Location: http://127.0.0.2:{other.port}/place"
        async with a_stranger(said({}, 202, elsewhere)) as stranger:
            headers = {"Authorization": "Bearer {secrets.api}"}
            call = an_order(place, url=url(stranger), json=1, headers=headers, until=waiting)
            await place.run(call)
            named = waiting | {"url": f"http://127.0.0.2:{other.port}/named"}
            await place.run(an_order(place, url=url(stranger), json=1, headers=headers, until=named))
    assert "Bearer" not in other.requests[0]
    assert other.requests[0].startswith("GET /place ")
    assert SECRETS["api"] in other.requests[1]


async def test_without_a_place_to_ask_a_post_is_not_repeated(place: Workplace) -> None:
    async with a_stranger(said({"s": 1})) as stranger:
        detail = await failure(place, url=url(stranger), json=1, until={"path": "s", "in": [2], "every": "100ms"})
    assert "write `until.url`" in detail
    assert len(stranger.requests) == 1


async def test_waiting_ends_with_a_value_of_fail_and_with_its_time(place: Workplace) -> None:
    async with a_stranger(said({"s": "error"})) as stranger:
        until = {"path": "s", "in": ["done"], "every": "100ms", "timeout": "250ms"}
        assert "s was 'error' after 0.25 s, and not 'done'" in await failure(place, url=url(stranger), until=until)
        assert len(stranger.requests) == 3
        detail = await failure(place, url=url(stranger), until=until | {"fail": ["error"]})
        assert "s became 'error', which `until.fail` names" in detail


async def test_some_polls_may_come_to_nothing_but_not_five_in_a_row(place: Workplace) -> None:
    answers = [said({"s": 1})] + [answer(502)] * 4 + [said({"s": 1})] + [answer(503)] * 5
    left = iter(answers)
    async with a_stranger(lambda _: next(left)) as stranger:
        detail = await failure(place, url=url(stranger), until={"path": "s", "in": [2], "every": "100ms"})
        assert "answered 503" in detail
        assert len(stranger.requests) == len(answers)


async def test_true_is_not_one_and_a_text_is_no_number(place: Workplace) -> None:
    answers = iter([said({"s": True}), said({"s": "1"}), said({"s": 1})])
    async with a_stranger(lambda _: next(answers)) as stranger:
        await place.run(an_order(place, url=url(stranger), until={"path": "s", "in": [1], "every": "100ms"}))
        assert len(stranger.requests) == 3


async def test_a_stop_closes_the_connection_at_once(place: Workplace) -> None:
    async with a_stranger(lambda _: None) as stranger:
        order = an_order(place, url=url(stranger), timeout="1m")
        running = place.run(order)
        task = asyncio.create_task(running)
        await until(lambda: stranger.requests)
        asked = time.monotonic()
        place.hand.stop(grace_ms=5_000)
        await until(lambda: stranger.closed == 1, 2)
        gone = await task
    assert isinstance(gone, Gone)
    assert gone.forced_at is None
    assert time.monotonic() - asked < 2


async def test_the_worker_is_as_it_was_after_a_name_was_looked_up(place: Workplace) -> None:
    (place.root / "b").mkdir()
    async with (
        a_stranger(said(1)) as stranger,
        a_workplace(place.root / "b", egress=OPEN | {"allow": "localhost"}) as other,
    ):
        other.module("who", "import os\ndef main():\n    return os.getpid()\n")
        before = result_of(await other.run(target="who:main"))
        assert result_of(await other.run(an_order(other, url=f"http://localhost:{stranger.port}/")))["body"] == 1
        assert result_of(await other.run(target="who:main")) == before
