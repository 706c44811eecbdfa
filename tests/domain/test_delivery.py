"""When a delivery is tried again, and when it is given up."""

import pytest

from runbell.domain.delivery import (
    DELAYS_MS,
    ENDPOINT_GONE,
    EXHAUSTED,
    LONGEST_RETRY_AFTER_MS,
    Again,
    Dead,
    Delivered,
    verdict,
)
from tests.builders import NOON


def walk(dice: float) -> int:
    """How long a delivery that always fails is under way, and nine times there is another try."""
    at, tries = NOON, 1
    while isinstance(again := verdict(tries, 500, None, at, dice), Again):
        at, tries = again.due_at, tries + 1
    assert (tries, again) == (10, Dead(EXHAUSTED))
    return at - NOON


def test_ten_attempts_are_spread_over_75_hours_and_35_minutes() -> None:
    assert walk(0.5) == sum(DELAYS_MS) == ((75 * 60 + 35) * 60 + 5) * 1_000


def test_the_dice_move_every_delay_by_a_tenth_at_most() -> None:
    assert walk(0.0) == round(0.9 * sum(DELAYS_MS))
    assert walk(1.0) == round(1.1 * sum(DELAYS_MS))


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_every_answer_of_the_two_hundreds_is_a_success(status: int) -> None:
    assert verdict(1, status, None, NOON, 0.5) == Delivered()


@pytest.mark.parametrize("status", [None, 100, 300, 301, 302, 307, 308, 400, 404, 500])
def test_everything_else_is_tried_again_a_redirection_too(status: int | None) -> None:
    assert verdict(1, status, None, NOON, 0.5) == Again(NOON + 5_000)


def test_gone_ends_it_at_once() -> None:
    assert verdict(1, 410, None, NOON, 0.5) == Dead(ENDPOINT_GONE)


@pytest.mark.parametrize("status", [429, 502, 504])
def test_who_asks_for_less_gets_less(status: int) -> None:
    assert verdict(1, status, None, NOON, 0.5) == Again(NOON + 5_000, slower=True)


def test_a_retry_after_is_waited_for_but_never_shortens_the_wait() -> None:
    assert verdict(1, 503, 60_000, NOON, 0.5) == Again(NOON + 60_000, slower=True)
    assert verdict(2, 503, 60_000, NOON, 0.5) == Again(NOON + 300_000, slower=True)
    assert verdict(1, 503, 10**12, NOON, 0.5) == Again(NOON + LONGEST_RETRY_AFTER_MS, slower=True)
