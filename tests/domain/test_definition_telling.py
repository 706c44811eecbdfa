"""Whom a job tells: webhooks by name, addresses by mail, on which ends."""

from typing import Any

import pytest

from runbell.domain.endpoint import ENDS, Notify

from .definitions import a_definition, problems_of, read


def test_a_job_may_tell_webhooks_and_addresses() -> None:
    notify = {"webhooks": ["ops"], "email": ["ops@example.org"], "on": ["failed", "lost"]}
    found = read(a_definition(notify=notify)).notify
    events = ("execution.failed", "execution.lost")
    assert found == Notify(webhooks=("ops",), email=("ops@example.org",), events=events, mailed=events)
    for nothing in ({}, {"on": []}):
        mailed = read(a_definition(notify={"email": ["a@b.example"], **nothing})).notify
        assert mailed == Notify(email=("a@b.example",), events=ENDS, mailed=events)
    more = read(a_definition(notify={"email": ["a@b.example"], "on": ["started", "exceptions_found"]})).notify
    assert more is not None
    assert more.mailed == ("execution.started", "execution.exceptions_found")


@pytest.mark.parametrize(
    ("notify", "place", "code", "remedy"),
    [
        ({}, "/webhooks", "required", "`email` address"),
        ({"email": []}, "/webhooks", "required", "`email` address"),
        ({"email": "ops@example.org"}, "/email", "wrong_type", "a list"),
        ({"email": ["Ops <ops@example.org>"]}, "/email/0", "pattern", "without a name"),
        ({"email": ["a@example.org", "b@example.org,c@example.org"]}, "/email/1", "pattern", "an address like"),
        ({"emails": ["a@example.org"]}, "/emails", "unknown_field", "`email`"),
        ({"email": ["a@example.org"], "on": ["ended"]}, "/on/0", "unknown", "one of"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(notify: dict[str, Any], place: str, code: str, remedy: str) -> None:
    found = problems_of(a_definition(notify=notify))
    assert code == found[f"/notify{place}"][0]
    assert remedy in found[f"/notify{place}"][1]
