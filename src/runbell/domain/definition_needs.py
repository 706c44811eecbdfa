"""The graph of `needs`: every step named in it exists, none waits for itself, and what lies before each."""

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter

from runbell.domain.definition_members import Problems
from runbell.domain.job import Step


def check_needs(steps: Sequence[Step], problems: Problems) -> dict[str, set[str]] | None:
    """What each step needs. Notes unknown steps and circles under `/steps/N/needs`, and then answers None."""
    noted = len(problems.found)
    places = {step.name: place for place, step in enumerate(steps)}
    graph: dict[str, set[str]] = {}
    for place, step in enumerate(steps):
        for position, need in enumerate(step.needs):
            if need not in places:
                said = f"there is no step `{need}`"
                problems.add(f"/steps/{place}/needs/{position}", "unknown_step", said, word=need, known=places)
        graph[step.name] = {need for need in step.needs if need in places}
    needs = dict(graph)
    while not problems.full and (circle := _circle(graph)):
        said = f"these steps wait for each other ({' → '.join(circle)}); take one of the needs out"
        problems.add(f"/steps/{places[circle[0]]}/needs", "cycle", said)
        graph |= {name: set() for name in circle}
    return needs if len(problems.found) == noted else None


def steps_before(needs: dict[str, set[str]], name: str) -> set[str]:
    """All steps that have ended when the step of that name starts: those it needs, and those they need."""
    before: set[str] = set()
    todo = [name]
    while todo:
        fresh = needs[todo.pop()] - before
        before |= fresh
        todo += fresh
    return before


def _circle(graph: dict[str, set[str]]) -> list[str]:
    """A circle in the graph, in the order of waiting; empty when there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []
