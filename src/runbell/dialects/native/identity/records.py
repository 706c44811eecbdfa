"""What the endpoints for records share: a page of them, the headers of one, the body of a change, times."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from runbell.dialects.native import asking
from runbell.domain.faults import InvalidField, RevisionMismatch
from runbell.domain.identity import Grants
from runbell.http import body, conditional
from runbell.http.answer import Answer, Headers, header, json_answer
from runbell.http.cursor import Cursors
from runbell.http.merge_patch import merged
from runbell.http.request import Request
from runbell.http.times import moment, rfc3339
from runbell.operations.ports import Ports

R = TypeVar("R")
B = TypeVar("B")


class Revised(Protocol):
    """Whatever has a revision."""

    @property
    def revision(self) -> int:
        """Grows with every change."""
        ...


async def paged(
    request: Request,
    cursors: Cursors,
    which: dict[str, str],
    find: Callable[[str, int], Awaitable[Sequence[R]]],
    place: Callable[[R], str],
    shape: Callable[[Sequence[R]], Awaitable[list[Any]]],
    page: Callable[[list[Any], str | None, bool], Any],
) -> Answer:
    """One page of a list that goes by name: `find` those after a name, `place` is a record's name."""
    limit = request.limit()
    after = await cursors.read(request.cursor(), which, str)
    found = await find(after or "", limit + 1)
    more = len(found) > limit
    onward = await cursors.write(place(found[limit - 1]), which) if more else None
    items = await shape(found[:limit])
    return json_answer(page(items, onward, more), headers=request.next_page(onward))


def seen(request: Request, record: Revised, shape: Any, status: int = 200, location: str | None = None) -> Answer:
    """One record with its entity tag; 304 when a GET already has it."""
    headers: Headers = [(b"etag", conditional.etag(record.revision)), (b"cache-control", b"private, no-cache")]
    if request.method == "GET" and conditional.unchanged(request.header(b"if-none-match"), record.revision):
        return Answer(304, headers)
    place = [] if location is None else [header("location", location)]
    return json_answer(shape, status, [*headers, *place])


def once(record: Revised, shape: Any, location: str) -> Answer:
    """A record that was just made, with a secret that is shown this once and kept by nobody on the way."""
    headers: Headers = [(b"etag", conditional.etag(record.revision)), (b"cache-control", b"no-store")]
    return json_answer(shape, 201, [*headers, header("location", location)])


async def read(request: Request, shape: type[B]) -> B:
    """The body as `shape`. Raises UnknownField, InvalidField."""
    return body.typed(await request.json(), shape)[0]


async def patched(request: Request, record: Revised, standing: Any, shape: type[B]) -> tuple[B, int]:
    """`standing` after the merge patch of the body, and the revision it was made on. Raises RevisionMismatch."""
    expected = asking.expected_revision(request, required=True)
    if expected is not None and expected != record.revision:
        raise RevisionMismatch(f"It is at revision {record.revision} now; read it again, then send the change.")
    patch = await request.json()
    if not isinstance(patch, dict):
        raise InvalidField.at("", "invalid_type", "Send a change as a JSON object that holds the members to change.")
    whole = merged(msgspec.to_builtins(standing), patch)
    if "scopes" in patch and "grants" not in patch:  # the short form replaces the long one
        whole.pop("grants", None)
    if patch.get("password", msgspec.UNSET) is None:  # null says to take it away, not to leave it as it is
        whole["password"] = None
    return body.typed(whole, shape)[0], record.revision


def granted(scopes: list[str] | None, grants: dict[str, list[str]] | None, project: str) -> Grants | None:
    """What a body grants, None when it says nothing. Raises InvalidField when it says it twice."""
    if scopes is not None and grants is not None:
        said = "`scopes` is short for `grants` in the own project; send one of them."
        raise InvalidField.at("/scopes", "twice", said)
    if scopes is not None:
        return {project: tuple(scopes)}
    return None if grants is None else {name: tuple(words) for name, words in grants.items()}


def time(pointer: str, text: str | None) -> int | None:
    """The moment of a member, None when absent. Raises InvalidField."""
    try:
        return None if text is None else moment(text)
    except ValueError as error:
        raise InvalidField.at(pointer, "invalid_time", str(error)) from None


def told(at: int | None) -> str | None:
    """A moment as text, null when there is none."""
    return None if at is None else rfc3339(at)


async def user_name(ports: Ports, user_id: str | None) -> str | None:
    """What the user of that id is called."""
    user = None if user_id is None else await ports.store.user(user_id)
    return None if user is None else user.name
