"""The pool of hands: who gets which, and when one leaves."""

from pathlib import Path

import pytest

from runbell.runners import local
from runbell.runners.local import LocalRunner
from runbell.runners.local_hand import LocalHand
from tests.runners.workplace import Workplace, a_workplace, result_of, until

pytestmark = pytest.mark.anyio


async def test_a_hand_that_ran_python_of_one_project_serves_no_other(place: Workplace) -> None:
    place.module("load", "import os\ndef main(): return os.getppid()")
    await place.run(target="load:main", project="blue")
    place.runner.give_back(place.hand)
    other = await place.runner.take("green")
    assert other is not place.hand
    assert await place.runner.take("blue") is place.hand


async def test_a_hand_that_ran_commands_serves_everyone(place: Workplace) -> None:
    await place.run(argv=("true",), project="blue")
    place.runner.give_back(place.hand)
    assert await place.runner.take("green") is place.hand


async def test_a_hand_of_the_same_project_comes_before_a_fresh_one(place: Workplace) -> None:
    place.module("load", "def main(): pass")
    await place.run(target="load:main", project="blue")
    fresh = await place.runner.take("blue")
    place.runner.give_back(place.hand)
    place.runner.give_back(fresh)
    assert await place.runner.take("blue") is place.hand


async def test_warm_hands_are_made_ahead_and_no_more(tmp_path: Path) -> None:
    async with a_workplace(tmp_path):
        runner = LocalRunner(warm=2)
        runner.warm_up()
        runner.warm_up()
        hands = [await runner.take("p") for _ in range(3)]
        assert len({_pid(hand) for hand in hands}) == 3
        await runner.close()


async def test_hands_beyond_the_warm_ones_leave_after_a_rest(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "IDLE_SECONDS", 0.05)
    hands = [place.hand, *[await place.runner.take("p") for _ in range(2)]]
    for hand in hands:
        place.runner.give_back(hand)
    await until(lambda: sum(_alive(hand) for hand in hands) == 1)
    assert _alive(await place.runner.take("p"))


async def test_what_the_server_says_and_hears_may_come_in_any_pieces(place: Workplace) -> None:
    place.module("load", "def main(text): return text[:250_000]")
    text = "x" * 5_000_000  # far more than a socket takes at once
    assert result_of(await place.run(target="load:main", params={"text": text})) == text[:250_000]


def _pid(hand: object) -> int:
    assert isinstance(hand, LocalHand)
    return hand.process.pid


def _alive(hand: object) -> bool:
    assert isinstance(hand, LocalHand)
    return hand.alive
