"""Projects take turns: who floods the queue gets no more than his share, and nobody saves up turns while he is idle."""

from runbell.engine.turns import Turns


def next_of(turns: Turns, *waiting: str) -> str:
    """Whose the next execution is, when each of these has one waiting; the first of them came first."""
    shares = turns.shares()
    project = min(waiting, key=lambda name: (shares.place(name, 0), waiting.index(name)))
    turns.took(project)
    return project


def one_by_one(turns: Turns, count: int, *waiting: str) -> list[str]:
    """Whose the next so many are when there is one slot."""
    served = []
    for _ in range(count):
        served.append(next_of(turns, *waiting))
        turns.gave(served[-1])
    return served


def test_with_one_slot_projects_alternate_whoever_came_first() -> None:
    turns = Turns()
    assert one_by_one(turns, 3, "flood") == ["flood"] * 3
    assert one_by_one(turns, 6, "flood", "calm") == ["calm", "flood", "calm", "flood", "calm", "flood"]


def test_who_was_idle_for_long_does_not_get_all_turns_at_once() -> None:
    turns = Turns()
    one_by_one(turns, 1_000, "flood")
    assert one_by_one(turns, 10, "flood", "new").count("flood") == 5


def test_who_runs_less_goes_first_however_long_his_executions_take() -> None:
    turns = Turns()
    for _ in range(3):
        next_of(turns, "slow")
    assert [next_of(turns, "slow", "quick") for _ in range(2)] == ["quick", "quick"]
    turns.gave("slow")
    turns.gave("slow")
    assert next_of(turns, "quick", "slow") == "slow"
