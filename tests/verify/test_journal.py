"""The lint of the journal sees what it is there to see."""

import pytest
from verify.journal import Event, Standing, examine


def events(*types: str) -> list[Event]:
    return [Event(seq, 7, f"execution.{kind}", seq) for seq, kind in enumerate(types, 1)]


def standing(status: str, revision: int, epoch: int) -> dict[int, Standing]:
    return {7: Standing(7, "an-id", status, revision, epoch)}


def test_a_life_along_the_arrows_is_sound() -> None:
    journal = events("scheduled", "queued", "started", "queued", "started", "stopping", "stopped")
    assert examine(journal, standing("stopped", 7, 2), set()).wrong == []


@pytest.mark.parametrize(
    ("journal", "table", "said"),
    [
        (events("queued", "succeeded"), standing("succeeded", 2, 0), "from queued to succeeded"),
        (events("started"), standing("running", 1, 1), "was born"),
        (events("queued", "started", "failed", "succeeded"), standing("succeeded", 4, 1), "ended 2 times"),
        (events("queued", "started"), standing("stopped", 3, 1), "a change without its event"),
        (events("queued", "started"), standing("running", 2, 2), "epoch 2 after 1 claims"),
        (events("queued", "started"), standing("running", 1, 1), "revision"),
        (events("queued"), {}, "not on the table"),
        ([], standing("queued", 1, 0), "without any event"),
        ([Event(1, 7, "execution.queued", 2), Event(2, 7, "execution.started", 2)], standing("running", 2, 1), "grow"),
    ],
)
def test_whatever_is_wrong_is_said(journal: list[Event], table: dict[int, Standing], said: str) -> None:
    found = examine(journal, table, set())
    assert any(said in sentence for sentence in found.wrong), found.wrong


def test_a_deleted_execution_may_leave_its_events() -> None:
    assert examine(events("queued", "discarded"), {}, {7}).wrong == []
