"""Ready calls: a conversation written out as requests that somebody can send, with the address of this very server.

`[execution_id]` is for the caller to replace. Words like `$RUNBELL_TOKEN` are for the caller's environment; the texts
made of a call (call_texts.py) read them from there.
"""

from typing import Final, Literal
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from runbell.http.conversation import Call, Conversation

Credentials = Literal["token", "key"]
EXECUTION: Final = "[execution_id]"
TOKEN: Final = "$RUNBELL_TOKEN"  # noqa: S105 - where it is, not what it is
KEY: Final = "$RUNBELL_KEY"
_HOLE: Final = "{execution}"
_KEPT: Final = "{}[]$"


class Ready(Struct, frozen=True, kw_only=True):
    """One request, whole. `name` is start, look, stop, or the title of an output; `body` is text.

    `token_url` is where this door gives out tokens: one is good only where it was given.
    """

    name: str
    method: str
    url: str
    headers: dict[str, str]
    body: str | None
    token_url: str = ""


def ready(talk: Conversation, base: str, credentials: Credentials, *, keyed: bool) -> tuple[Ready, ...]:
    """The calls of a conversation. With a `key`, where that door takes keys. `keyed`: a start needs an Idempotency-Key.

    `base`: what URLs begin with, no slash at the end.
    """
    more = {"Idempotency-Key": "[new_key]"} if keyed else {}
    found = [("start", talk.start, more), ("look", talk.look, {})]
    found += [] if talk.stop is None else [("stop", talk.stop, {})]
    found += [(call.title.lower(), call, {}) for call in talk.outputs]
    allowed = _credentials(talk, credentials)
    token_url = base + talk.token.path
    return tuple(_written(name, call, base, allowed | headers, token_url) for name, call, headers in found)


def _credentials(talk: Conversation, wanted: Credentials) -> dict[str, str]:
    """What the headers say of who asks."""
    if wanted == "token" or (talk.by_key is None and not talk.key_header):
        return {"Authorization": talk.by_token.format(token=TOKEN)}
    by_header = {"Authorization": talk.by_key.format(key=KEY)} if talk.by_key is not None else {}
    return by_header | ({"x-api-key": KEY} if talk.key_header else {})


def _written(name: str, call: Call, base: str, before: dict[str, str], token_url: str) -> Ready:
    headers, body = before | dict(call.headers), None
    if call.form:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        body = urlencode(call.form, safe=_KEPT).replace(_HOLE, EXECUTION)
    elif call.body is not None:
        headers.setdefault("Content-Type", "application/json")
        body = msgspec.json.encode(call.body).decode().replace(_HOLE, EXECUTION)
    asked = urlencode(call.query, safe=_KEPT)
    path = quote(call.path, safe="/:@%" + _KEPT) + (f"?{asked}" if asked else "")
    url = base + path.replace(_HOLE, EXECUTION)
    return Ready(name=name, method=call.method, url=url, headers=headers, body=body, token_url=token_url)
