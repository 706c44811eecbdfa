"""The search knows a good history from a bad one; the bad ones are those that a job server must never show."""

import pytest
from verify.linear import Call, linearizable


def call(at: float, verb: str, answer: int | None, status: str = "", *, lasted: float = 0.5, **more: str) -> Call:
    return Call(at, at + lasted, verb, answer, more.pop("id", "run_1"), status, **more)


CREATED = call(1, "create", 202, "queued")
GOOD: dict[str, list[Call]] = {
    "nothing": [],
    "a whole life": [
        call(0, "get", 404), CREATED, call(2, "get", 200, "running"), call(3, "delete", 409),
        call(4, "get", 200, "succeeded"), call(5, "delete", 204), call(6, "get", 410), call(7, "create", 410),
    ],
    "sent again": [CREATED, call(2, "create", 202, "running"), call(3, "create", 200, "succeeded")],
    "a lost reply that was kept": [call(1, "create", None), call(2, "get", 200, "queued")],
    "a lost reply that was lost": [call(1, "create", None), call(2, "get", 404)],
    "a lost request that arrives late": [call(1, "create", None), call(2, "get", 404), call(9, "get", 200, "queued")],
    "two at once": [call(1, "create", 202, "queued", lasted=5), call(2, "create", 202, "queued"), call(2, "get", 404)],
    "stopped in the queue": [CREATED, call(2, "stop", 200, "discarded", outcome="discarded"),
                             call(3, "get", 200, "discarded")],
    "stopped at work": [CREATED, call(2, "ran", 1), call(2, "stop", 202, "stopping", outcome="pending"),
                        call(3, "get", 200, "stopped"), call(4, "stop", 200, "stopped", outcome="stopped")],
    "too late": [CREATED, call(2, "stop", 200, "succeeded", outcome="already_finished")],
    "a worker that died": [CREATED, call(2, "get", 200, "running"), call(3, "get", 200, "queued"),
                           call(4, "get", 200, "succeeded")],
    "deleted, and nobody was told": [CREATED, call(2, "get", 200, "failed"), call(3, "delete", None),
                                     call(4, "get", 410)],
}  # fmt: skip
BAD: dict[str, list[Call]] = {
    "double create": [CREATED, call(2, "create", 202, "queued", id="run_2")],
    "double create after a lost reply": [call(1, "create", None), call(2, "get", 200, "queued"),
                                         call(3, "create", 202, "queued", id="run_2")],
    "an end that changes": [CREATED, call(2, "get", 200, "failed"), call(3, "get", 200, "succeeded")],
    "an end that is taken back": [CREATED, call(2, "get", 200, "succeeded"), call(3, "get", 200, "running")],
    "success after stop": [CREATED, call(2, "stop", 202, "stopping", outcome="pending"),
                           call(3, "get", 200, "succeeded")],
    "success after a stop that nobody was told of, then seen": [
        CREATED, call(2, "stop", None), call(3, "get", 200, "stopping"), call(4, "get", 200, "succeeded")],
    "a lost acknowledgement": [CREATED, call(2, "get", 404)],
    "back in time": [CREATED, call(2, "get", 200, "stopping")],
    "stopped before it began, and it worked": [
        CREATED, call(2, "stop", 200, "discarded", outcome="discarded"), call(1.1, "ran", 1, lasted=90)],
    "deleted while it ran": [CREATED, call(2, "get", 200, "running"), call(3, "delete", 204),
                             call(4, "ran", 1)],
    "there again after it was deleted": [CREATED, call(2, "get", 200, "failed"), call(3, "delete", 204),
                                         call(4, "get", 200, "failed")],
    "refused though it had ended": [CREATED, call(2, "get", 200, "failed"), call(3, "delete", 409)],
    "too late, it says, and it was not": [CREATED, call(2, "stop", 200, "succeeded", outcome="already_finished"),
                                          call(3, "get", 200, "running")],
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_a_history_that_some_order_explains_is_accepted(name: str) -> None:
    assert linearizable(GOOD[name])


@pytest.mark.parametrize("name", BAD)
def test_a_history_that_no_order_explains_is_rejected(name: str) -> None:
    assert not linearizable(BAD[name])


def test_a_long_history_of_unknown_ends_is_searched_quickly() -> None:
    """Many calls at once are many orders; what was tried is not tried again."""
    crowd = [call(2, "create", None, lasted=50) for _ in range(6)] + [call(3, "stop", None) for _ in range(4)]
    assert linearizable([CREATED, *crowd, *(call(4, "get", 200, "queued", lasted=20) for _ in range(8))])
    assert not linearizable([CREATED, *crowd, *(call(4, "get", 200, "queued", id="run_2") for _ in range(4))])
