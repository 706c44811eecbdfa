"""What is asked of a database about changes to many executions at once. Times are epoch milliseconds."""

from typing import TYPE_CHECKING, Literal, Protocol

from msgspec import Struct

from runbell.domain.audit import Entry

if TYPE_CHECKING:
    from runbell.ports.store import ExecutionQuery

BulkStatus = Literal["collecting", "working", "done", "cancelled", "abandoned"]


class BulkOrder(Struct, frozen=True, kw_only=True):
    """What is to be done, and as whom: the reach (`jobs`, None: all) is the one that the caller had at acceptance."""

    action: Literal["stop", "rerun", "restart", "delete"]
    mode: str | None
    reason: str
    filter: dict[str, str]
    jobs: tuple[str, ...] | None
    address: str = ""
    request: str = ""


class Bulk(Struct, frozen=True, kw_only=True):
    """One such change: how many it is about, how many are done, and how many of them were refused."""

    number: int
    id: str
    project: str
    actor: str
    status: BulkStatus
    created_at: int
    ended_at: int | None = None
    total: int = 0
    done: int = 0
    refused: int = 0
    order: BulkOrder


class BulkItem(Struct, frozen=True, kw_only=True):
    """One execution of it. `outcome` None: still to do. `made`: the execution that a rerun or a restart made."""

    number: int
    execution: str
    outcome: Literal["done", "refused"] | None = None
    code: str | None = None
    detail: str | None = None
    made: str | None = None


class BulkKey(Struct, frozen=True, kw_only=True):
    """The Idempotency-Key of a bulk, with what it was sent for."""

    client: str
    path: str
    key: str
    fingerprint: str
    members: dict[str, str]


class AddBulk(Struct, frozen=True):
    """A new bulk that is still collecting; its number is given by the store."""

    bulk: Bulk


class FillBulk(Struct, frozen=True):
    """More executions (number, id) of a bulk that collects."""

    bulk: int
    found: list[tuple[int, str]]


class OpenBulk(Struct, frozen=True, kw_only=True):
    """Everything is collected: from now on it is worked off. With the key of another one, that one is the answer."""

    bulk: int
    key: BulkKey | None = None
    audit: Entry | None = None


class TellBulk(Struct, frozen=True):
    """What came of some items."""

    bulk: int
    items: list[BulkItem]
    at: int


class EndBulk(Struct, frozen=True, kw_only=True):
    """Go no further (`cancelled`), or: it was never accepted (`abandoned`)."""

    bulk: int
    status: Literal["cancelled", "abandoned"]
    at: int
    audit: Entry | None = None


class BulkTable(Protocol):
    """Changes to many executions: accepted whole, worked off item by item."""

    async def matching(self, query: "ExecutionQuery", most: int) -> list[tuple[int, str]]: ...
    async def add_bulk(self, asked: AddBulk) -> int: ...
    async def fill_bulk(self, asked: FillBulk) -> None: ...
    async def open_bulk(self, asked: OpenBulk) -> Bulk: ...
    async def tell_bulk(self, asked: TellBulk) -> None: ...
    async def end_bulk(self, asked: EndBulk) -> Bulk: ...

    async def bulk(self, project: str, id_: str) -> Bulk | None: ...
    async def bulk_of_key(self, key: BulkKey) -> Bulk | None: ...
    async def bulks_at_work(self) -> list[Bulk]: ...
    async def bulk_items(self, bulk: int, after: int, limit: int, *, open_only: bool = False) -> list[BulkItem]: ...
