"""What is known of an execution without reading its row: where it stands, or that it is buried."""

from msgspec import Struct

from runbell.domain.status import Status


class Standing(Struct, frozen=True):
    """Where an execution stands, without the rest of its row."""

    number: int
    revision: int
    status: Status
    job: str


class Buried(Struct, frozen=True):
    """What is left of a deleted execution. `job` None: not known any more."""

    id: str
    job: str | None
