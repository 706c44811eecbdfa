"""What a signed URL or a download key opens, and for how long."""

from typing import Final

from msgspec import Struct

DEFAULT_S: Final = 900
LONGEST_S: Final = 7 * 86_400


class Ticket(Struct, frozen=True, array_like=True):
    """One thing that an execution left, or (`artifact` empty) all of it, for whoever holds the ticket.

    `artifact` is its name in the execution's data. `by` is who gave it out (`key:ID`, `client:ID`, `user:ID`): once
    that one is gone or may not see the job any more, the ticket is void. `expires_at` is in epoch seconds.
    """

    project: str
    execution: str
    artifact: str
    by: str
    expires_at: int
