"""Guessing is slow from one address, costs bounded memory, and never locks out the right secret from another."""

import pytest

from runbell.domain.faults import QuotaExceeded
from runbell.operations.guesses import Guesses, network

HERE, ELSEWHERE = "192.0.2.7", "198.51.100.9"


def guessed(guesses: Guesses, name: str, address: str, seconds: float, *, every: float = 0.5) -> int:
    """How many wrong secrets are looked at when somebody tries all the time for so long."""
    count = 0
    for tick in range(int(seconds / every)):
        try:
            guesses.attempt(name.format(tick), address, 1_000 + tick * every)
            count += 1
        except QuotaExceeded:
            pass
    return count


@pytest.mark.parametrize("name", ["etl", "etl-{}"])
def test_no_more_than_ten_guesses_a_minute_at_one_name_or_at_many(name: str) -> None:
    assert 5 <= guessed(Guesses(), name, HERE, 60) <= 10


def test_it_gets_slower_and_slower() -> None:
    assert guessed(Guesses(), "etl", HERE, 3_600, every=1) <= 75


def test_the_right_secret_from_another_address_is_let_in() -> None:
    guesses = Guesses()
    guessed(guesses, "etl", HERE, 600)
    guesses.attempt("etl", ELSEWHERE, 1_600).right()


def test_a_name_that_was_right_here_before_does_not_suffer_for_its_neighbours() -> None:
    guesses = Guesses()
    guesses.attempt("etl", HERE, 999).right()
    guessed(guesses, "root", HERE, 60)
    guesses.attempt("etl", HERE, 1_060).right()
    with pytest.raises(QuotaExceeded):
        guesses.attempt("new", HERE, 1_060)


def test_a_right_secret_does_not_wash_away_the_guesses_at_other_names() -> None:
    guesses = Guesses()
    for turn in range(5):
        guesses.attempt(f"name{turn}", HERE, 1_000)
    with pytest.raises(QuotaExceeded) as refused:
        guesses.attempt("mine", HERE, 1_000)
    assert refused.value.retry_after_s == 6


def test_right_secrets_are_never_counted() -> None:
    guesses = Guesses()
    for turn in range(100):
        guesses.attempt("etl", HERE, 1_000 + turn / 100).right()


def test_a_thousand_at_once_are_no_way_around_it() -> None:
    assert guessed(Guesses(), "etl", HERE, 1, every=0.001) == 5


def test_forgotten_after_a_quiet_while() -> None:
    guesses = Guesses()
    guessed(guesses, "etl", HERE, 60)
    for _ in range(5):
        guesses.attempt("etl", HERE, 1_000 + 3_600)


def test_memory_is_bounded_and_the_address_that_fills_it_is_not_forgotten() -> None:
    guesses = Guesses(most=100)
    for number in range(1_000):
        try:
            guesses.attempt(f"name{number}", HERE, 1_000)
        except QuotaExceeded:
            continue
    for number in range(1_000):
        guesses.attempt("etl", f"198.51.{number // 250}.{number % 250}", 1_000)
    assert len(guesses._failed) == 100


def test_a_crowd_from_elsewhere_does_not_make_a_guesser_forgotten() -> None:
    guesses, looked_at = Guesses(most=100), 0
    for tick in range(100):
        for stranger in range(40):
            guesses.attempt(f"n{tick}-{stranger}", f"198.51.{tick}.{stranger}", 1_000 + tick / 2)
        try:
            guesses.attempt("etl", HERE, 1_000 + tick / 2)
            looked_at += 1
        except QuotaExceeded:
            pass
    assert looked_at <= 10


def test_unknown_tokens_are_counted_per_address_only() -> None:
    guesses = Guesses()
    for _ in range(5):
        guesses.count("wrong tokens", HERE, 1_000)
    with pytest.raises(QuotaExceeded):
        guesses.count("wrong tokens", HERE, 1_000)
    guesses.count("wrong tokens", ELSEWHERE, 1_000)
    guesses.attempt("etl", HERE, 1_000)


@pytest.mark.parametrize(
    ("address", "counted"),
    [("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("", ""),
     ("2001:db8:1:2:aaaa::1", "2001:0db8:0001:0002"), ("fe80::1%eth0", "fe80:0000:0000:0000")],
)  # fmt: skip
def test_an_ipv6_network_counts_as_one_address(address: str, counted: str) -> None:
    assert network(address) == counted
