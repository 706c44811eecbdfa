"""How strict a door is: the native one is exact, a dialect takes what its vendor takes."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from runbell.http.answer import Answer
    from runbell.http.request import Request


class Manners(Struct, frozen=True, kw_only=True):
    """What a door takes beside what it documents.

    `surface` is the door's name: a token is good only where it was issued. `fold`: paths in any letter case. `slash`: a
    slash at their end. `lenient`: unknown query parameters, and repeated ones, of which the last counts. `credentials`
    reads the key or token of a request, and whether it may be a token at all (raises Unauthenticated and the like);
    None: as the native door does. `spelled` says which method and raw path a request means, for vendors who have
    several ways to say it. `closed` says of a request whether even what is not there is told only to who is let in.
    `options` makes of the answer to OPTIONS what the vendor answers there.
    """

    surface: str = "native"
    fold: bool = False
    slash: bool = False
    lenient: bool = False
    credentials: "Callable[[Request], Awaitable[tuple[str, bool]]] | None" = None
    spelled: "Callable[[Request], tuple[str, bytes]] | None" = None
    closed: "Callable[[Request], bool] | None" = None
    options: "Callable[[Request, Answer], Answer] | None" = None


EXACT = Manners()
