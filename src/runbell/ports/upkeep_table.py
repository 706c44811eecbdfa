"""What is asked of a database to change and to clear what has been accepted. Times are epoch milliseconds."""

from typing import Protocol

from msgspec import Struct

from runbell.domain.audit import Entry
from runbell.domain.execution import Execution


class Label(Struct, frozen=True, kw_only=True):
    """Change what people hang on an execution; None leaves it. `if_revision` guards the write."""

    number: int
    at: int
    tags: tuple[str, ...] | None = None
    pinned: bool | None = None
    if_revision: int | None = None
    audit: Entry | None = None


class Keeping(Struct, frozen=True, kw_only=True):
    """A job whose executions are kept for a time: its number and where its definition is."""

    number: int
    project: str
    name: str


class Kept(Struct, frozen=True):
    """An execution that retention may look at."""

    number: int
    id: str
    created_at: int


class Expire(Struct, frozen=True, kw_only=True):
    """Remove these executions; only those that have ended and are not pinned. `audit` tells of all of them."""

    numbers: tuple[int, ...]
    at: int
    audit: Entry | None = None


class Strip(Struct, frozen=True, kw_only=True):
    """Note that the log or the data (`removed`) of these is going; only of those that have ended and are not pinned."""

    numbers: tuple[int, ...]
    removed: int


class Forget(Struct, frozen=True, kw_only=True):
    """Drop tombstones, keys of deleted executions and ended bulks from before these moments, `limit` of each.

    Keys are looked at after the place `keys_after`; None: not at all.
    """

    tombstones: int
    keys: int
    bulks: int
    limit: int
    keys_after: int | None = 0


class Forgot(Struct, frozen=True):
    """How many rows went, and after which place the next keys are to be looked at (None: that was all)."""

    rows: int
    keys_after: int | None


class UpkeepTable(Protocol):
    """Labels, retention, and what a sweep of the folders asks.

    `over`: the numbers of those of the executions that ended before then.
    """

    async def label(self, asked: Label) -> Execution: ...
    async def expire(self, asked: Expire) -> list[str]: ...
    async def strip(self, asked: Strip) -> list[str]: ...
    async def forget(self, asked: Forget) -> Forgot: ...

    async def keeping(self, after: int, limit: int) -> list[Keeping]: ...
    async def outlived(self, job: int, removed: int, before: int, limit: int) -> list[Kept]: ...
    async def older(self, job: int, before: tuple[int, int], after: tuple[int, int], limit: int) -> list[Kept]: ...
    async def rank(self, job: int, before: tuple[int, int] | None, skip: int) -> tuple[int, int] | None: ...
    async def removed(self, executions: list[str]) -> dict[str, int]: ...
    async def over(self, executions: list[str], before: int) -> dict[str, int]: ...
