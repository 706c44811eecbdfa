"""Search: executions by any condition on what they are, in any order, with how many there are in all."""

from runbell.domain.faults import InvalidField
from runbell.domain.identity import Actor
from runbell.domain.search import MOST_CONDITIONS, MOST_VALUES, Condition, Order, Search, View, too_large
from runbell.operations.ports import Ports
from runbell.ports.search_table import Matches


async def search(
    ports: Ports, actor: Actor, where: Condition, view: View, order: tuple[Order, ...], *, start: int, count: int
) -> Matches:
    """One page of the executions of the caller's project that it may see and that fulfil the condition.

    Raises InvalidField for a condition that is too large, Unavailable when it would take too long.
    """
    if too_large(where):
        said = f"A search has at most {MOST_CONDITIONS} conditions with {MOST_VALUES} values."
        raise InvalidField.at("", "too_large", said)
    jobs = None if actor.jobs is None else tuple(sorted(actor.jobs))
    asked = Search(
        project=actor.project, where=where, view=view, order=order, jobs=jobs, start=start, count=count
    )  # fmt: skip
    return await ports.store.search(asked)
