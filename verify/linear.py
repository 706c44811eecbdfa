"""Linearizability of one execution's history (H-4): the search of Wing and Gong, with the memory of Lowe.

A history is what callers did and were told, with the moments between which it happened. It is linearizable when every
call can be placed at one moment within its own interval so that the calls, one after the other, could have been
answered as they were by the model below. What nobody was told of (a reply that was lost) may have happened at any
later moment, or never. The worker's own steps are nobody's calls: they may happen at any moment.
"""

from collections.abc import Iterator
from math import inf
from typing import NamedTuple

ABSENT, GONE = "absent", "gone"
AGAIN = "queued again"
"""Queued because its worker died: it is not discarded any more, for it has begun."""
ENDS = frozenset({"succeeded", "failed", "stopped", "discarded", "lost"})
BY_ITSELF: dict[str, tuple[str, ...]] = {
    "scheduled": ("queued", "discarded"),
    "queued": ("running", "discarded"),
    "running": ("succeeded", "failed", AGAIN, "lost"),
    AGAIN: ("running", "stopped"),
    "stopping": ("stopped",),
}
"""What the house does without being asked; no arrow leaves an end."""


class Call(NamedTuple):
    """One call of one caller. `answer` None: nobody knows. `status` and `outcome` are what the answer's body said."""

    began: float
    ended: float
    verb: str
    answer: int | None
    id: str = ""
    status: str = ""
    outcome: str = ""

    @property
    def unknown(self) -> bool:
        """True when it may have happened or not."""
        return self.answer is None


class State(NamedTuple):
    """What there is under the key: nothing, an execution, or what is left of one."""

    status: str = ABSENT
    id: str = ""

    def shown(self, call: Call) -> bool:
        """True when the call's answer may have said so."""
        return call.status == self.status.removesuffix(" again") and self.id in ("?", call.id)


def linearizable(history: list[Call]) -> bool:
    """True when some order of the calls explains every answer."""
    calls = [call._replace(ended=inf) if call.unknown else call for call in history]
    every = (1 << len(calls)) - 1
    seen: set[tuple[int, State]] = set()
    waiting = [(every, State())]
    while waiting:
        left, state = waiting.pop()
        if (left, state) in seen:
            continue
        seen.add((left, state))
        pending = [place for place in range(len(calls)) if left >> place & 1]
        if all(calls[place].unknown for place in pending):
            return True
        first_end = min(calls[place].ended for place in pending)
        for now in _later(state):
            for place in pending:
                if calls[place].began <= first_end:
                    waiting += [(left & ~(1 << place), after) for after in after_call(now, calls[place])]
    return False


def _later(state: State) -> set[State]:
    """What it may have become by itself."""
    found, new = {state}, [state]
    while new:
        moved = [State(status, state.id) for one in new for status in BY_ITSELF.get(one.status, ())]
        new = [one for one in moved if one not in found]
        found.update(new)
    return found


def after_call(state: State, call: Call) -> Iterator[State]:
    """The states in which this call leaves that one, if it can have been answered so."""
    if state.status in (ABSENT, GONE) and call.verb not in ("create", "ran"):
        if call.answer in (None, 404, 410) and (state.status == GONE or call.answer != 410):
            yield state
        return
    yield from {"create": _create, "get": _get, "stop": _stop, "delete": _delete, "ran": _ran}[call.verb](state, call)


def _create(state: State, call: Call) -> Iterator[State]:
    if state.status == GONE:
        if call.answer in (None, 410):
            yield state
    elif state.status == ABSENT:
        if call.unknown:
            yield State("queued", "?")
        elif call.answer in (200, 202):
            yield from (one for one in _later(State("queued", call.id)) if one.shown(call))
    elif call.unknown:
        yield state
    elif call.answer in (200, 202) and state.shown(call):
        yield State(state.status, call.id)


def _get(state: State, call: Call) -> Iterator[State]:
    if call.unknown:
        yield state
    elif call.answer == 200 and state.shown(call):
        yield State(state.status, call.id)


def _stop(state: State, call: Call) -> Iterator[State]:
    """The answer says what had become of the stop when it was written, which may be later than the stop."""
    after = {"queued": "discarded", "scheduled": "discarded", AGAIN: "stopped", "running": "stopping"}.get(
        state.status, state.status
    )
    if call.unknown:
        yield State(after, state.id)
        return
    if call.answer not in (200, 202):
        return
    for now in _later(State(after, state.id)):
        if now.shown(call) and call.outcome in _outcomes(state.status, now.status):
            yield now


def _outcomes(before: str, after: str) -> tuple[str, ...]:
    if before in ENDS - {"stopped", "discarded"}:
        return ("already_finished",)
    if before in ("stopped", "discarded"):
        return ("already_finished", before)
    return {"stopping": ("pending",), "stopped": ("stopped",), "discarded": ("discarded",)}.get(after, ())


def _delete(state: State, call: Call) -> Iterator[State]:
    ended = state.status in ENDS
    if call.unknown:
        yield State(GONE, state.id) if ended else state
    elif call.answer == 204 and ended:
        yield State(GONE, state.id)
    elif call.answer == 409 and not ended:
        yield state


def _ran(state: State, call: Call) -> Iterator[State]:
    """A step itself wrote down that it worked: at that moment the execution was running or being stopped."""
    if state.status in ("running", "stopping") and state.id in ("?", call.id):
        yield State(state.status, call.id)
