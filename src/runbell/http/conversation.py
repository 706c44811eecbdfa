"""How a client talks to one door about one job: log in, start, look until it has ended, fetch what it left.

Plain data that each door makes for itself; whoever shows calls (a Postman collection, `jobs urls`) writes them from
this. In paths, queries and bodies `{execution}` stands for the id that the start answered.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from runbell.domain.job import Job
from runbell.ports.job_table import JobRecord

USER_NAME: Final = "{{userName}}"
PASSWORD: Final = "{{password}}"  # noqa: S105 - where it goes, not what it is
"""Where a user's name and password go in the form of a token call, for vendors who know no OAuth clients."""


class Call(Struct, frozen=True, kw_only=True):
    """One request. `body` is a JSON value (None: none), `form` the fields of a form, `succeeds` the good statuses.

    `path` is percent-encoded already.
    """

    title: str
    method: str = "GET"
    path: str
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body: Any = None
    form: Mapping[str, str] = {}
    succeeds: tuple[int, ...] = (200,)


class Answered(Struct, frozen=True):
    """Something that an answer says: the member at that place has one of these values."""

    at: tuple[str, ...]
    among: tuple[str | int | bool, ...]


class Conversation(Struct, frozen=True, kw_only=True):
    """The calls, in order. `token` is authenticated with a client's id and secret by HTTP Basic.

    `by_token`, `by_key`: what Authorization says with a token or an API key (`by_key` None: this door takes no keys
    there); `key_header`: the key also stands in `x-api-key`. `execution_at`, `token_at`: where the answers have them.
    """

    dialect: str
    title: str
    token: Call
    token_at: tuple[str, ...] = ("access_token",)
    by_token: str = "Bearer {token}"  # noqa: S105 - no password, a pattern
    by_key: str | None = "Bearer {key}"
    key_header: bool = False
    start: Call
    execution_at: tuple[str, ...]
    look: Call
    ended: Answered
    good: Answered
    stop: Call | None = None
    outputs: tuple[Call, ...] = ()


Converse = Callable[[JobRecord, Job, Mapping[str, Any]], Conversation | None]
"""A door's way to talk about a job, with values for the parameters that a start must name; None: it cannot start it."""
