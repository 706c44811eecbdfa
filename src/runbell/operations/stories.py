"""Stories of executions that are being followed: read once for all who stand at the same place."""

from typing import Final

from runbell.ports.event_table import Moment
from runbell.ports.store import Store

PLACES: Final = 64
"""How many places of one execution are remembered: those who follow it live stand at one or two."""


class Stories:
    """What was read stays until something about the execution is committed, or nobody follows it any more."""

    def __init__(self) -> None:
        self._told: dict[int, dict[int, list[Moment]]] = {}

    def forget(self, number: int) -> None:
        """It has changed, or nobody asks any more."""
        self._told.pop(number, None)

    async def since(self, store: Store, number: int, revision: int) -> list[Moment]:
        """The story from that revision on. Only for those whom the store's notices wake when it has changed."""
        told = self._told.setdefault(number, {})
        story = told.get(revision)
        if story is None:
            story = await store.story(number, revision)
            if len(told) < PLACES:
                told[revision] = story
        return story
