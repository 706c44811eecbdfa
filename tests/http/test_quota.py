"""Limits per client: a quota is what it says, whatever the pace; the words are the draft's; memory is bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbell.domain.faults import QuotaExceeded
from runbell.domain.principals import Quota
from runbell.http import quota
from runbell.http.quota import AtOnce, Rates
from runbell.http.terms import read_terms


def said(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in headers}


def test_a_quota_counts_down_and_says_so_then_refuses_and_says_when_there_is_more() -> None:
    rates, three = Rates(), Quota(3, 60)
    told = [said(rates.take("key:a", three, 100.0)) for _ in range(3)]
    assert {one["ratelimit-policy"] for one in told} == {'"default";q=3;w=60'}
    assert [one["ratelimit"] for one in told] == [f'"default";r={left};t=20' for left in (2, 1, 0)]
    with pytest.raises(QuotaExceeded) as refused:
        rates.take("key:a", three, 101.0)
    assert refused.value.retry_after_s == 19
    assert said(refused.value.about["headers"])["ratelimit"] == '"default";r=0;t=19'
    assert said(rates.take("key:a", three, 101.0 + 19))["ratelimit"] == '"default";r=0;t=20'


def test_one_client_does_not_use_up_what_another_has() -> None:
    rates, one = Rates(), Quota(1, 60)
    rates.take("key:a", one, 0.0)
    rates.take("key:b", one, 0.0)
    with pytest.raises(QuotaExceeded):
        rates.take("key:a", one, 0.0)


@given(limit=st.integers(1, 50), window=st.integers(1, 60), gaps=st.lists(st.floats(0, 5), max_size=300))
def test_no_pace_gets_more_than_twice_the_quota_through_a_window_and_retry_after_is_always_enough(
    limit: int, window: int, gaps: list[float]
) -> None:
    """What GCRA promises: a burst of the whole quota, and then its pace."""
    rates, given_out, now = Rates(), list[float](), 1_000.0
    for gap in gaps:
        now += gap
        try:
            rates.take("c", Quota(limit, window), now)
            given_out.append(now)
        except QuotaExceeded as refused:
            assert refused.retry_after_s is not None
            rates.take("c", Quota(limit, window), now + refused.retry_after_s)
            given_out.append(now := now + refused.retry_after_s)
    for since in given_out:
        within = [at for at in given_out if since <= at < since + window]
        assert len(within) <= 2 * limit


def test_clients_are_forgotten_when_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "MOST_KNOWN", 10)
    rates = Rates()
    for number in range(1_000):
        rates.take(f"key:{number}", Quota(1, 60), float(number % 7))
    assert len(rates._spent_until) == 10


def test_only_so_many_are_under_way_at_once_and_an_answer_makes_room() -> None:
    at_once = AtOnce(2)
    at_once.enter("a")
    at_once.enter("a")
    at_once.enter("b")
    with pytest.raises(QuotaExceeded) as refused:
        at_once.enter("a")
    assert said(refused.value.about["headers"]) == {
        "ratelimit-policy": '"at-once";q=2;qu="concurrent-requests"', "ratelimit": '"at-once";r=0'
    }  # fmt: skip
    at_once.leave("a")
    at_once.enter("a")


@pytest.mark.parametrize(
    ("given_", "named"),
    [(("600", 0, ""), "600/60"), (("0/60", 0, ""), "quota"), (("", -1, ""), "at_once"),
     (("", 0, "example.com"), "cors_origins"), (("", 0, "https://a/b"), "cors_origins")],
)  # fmt: skip
def test_terms_that_make_no_sense_are_refused_by_name(given_: tuple[str, int, str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        read_terms(*given_)
