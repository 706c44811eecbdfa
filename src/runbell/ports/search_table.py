"""Searching executions by any condition, which may have to look at all of a project."""

from typing import Protocol

from msgspec import Struct

from runbell.domain.execution import Execution
from runbell.domain.search import Search


class Matches(Struct, frozen=True):
    """One page of what was found, and how many there are in all."""

    items: list[Execution]
    total: int


class SearchTable(Protocol):
    """Answers exactly, away from everything else that goes on, or refuses (Unavailable) when that takes too long."""

    async def search(self, search: Search) -> Matches: ...
