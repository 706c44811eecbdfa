"""Tokens: fetched when they are first needed, kept, refreshed before they end. One request at a time fetches them."""

import base64
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from typing import Final, Protocol
from urllib.parse import quote_plus, urlencode

from msgspec import Struct

from runbell.client.effects import Ask, Flow, Pause
from runbell.client.exchange import exchange, read
from runbell.client.problems import Problem, ProblemError

EARLY_S: Final = 60.0
"""A token is replaced so long before it ends: it must not end on its way."""
LOOK_AGAIN_S: Final = 0.02
TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 - a path


class Kept(Struct, frozen=True, kw_only=True):
    """What was given out. `expires_at`: epoch seconds by this machine's clock."""

    access_token: str | None = None
    refresh_token: str | None = None
    expires_at: float = 0.0

    def good(self) -> bool:
        """True while the token lasts for another minute."""
        return self.access_token is not None and time.time() < self.expires_at - EARLY_S


class Given(Struct, frozen=True, kw_only=True):
    """What a token endpoint answers (RFC 6749 §5.1)."""

    access_token: str
    expires_in: float = 3_600
    refresh_token: str | None = None
    scope: str = ""


class Keeping(Protocol):
    """Where tokens outlive this process. Whoever is inside `alone` is the only one to fetch and to keep."""

    def alone(self) -> AbstractContextManager[Kept]:
        """What is kept now."""

    def keep(self, kept: Kept) -> None:
        """Keep this instead."""


class Passes:
    """The tokens of one client: by its id and secret (RFC 6749 §4.4), or by the refresh token of a sign-in."""

    def __init__(
        self,
        client_id: str,
        client_secret: str | None = None,
        *,
        kept: Kept | None = None,
        keeping: Keeping | None = None,
    ) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._kept = kept or Kept()
        self._keeping = keeping
        self._fetching = threading.Lock()

    def good(self, patience: float) -> Flow[str]:
        """A token that is good for a minute at least. Raises ProblemError when none is given."""
        if self._kept.good():
            return str(self._kept.access_token)
        return (yield from self.another(self._kept.access_token, patience))

    def another(self, refused: str | None, patience: float) -> Flow[str]:
        """A token other than that one."""
        while not self._fetching.acquire(blocking=False):
            yield Pause(LOOK_AGAIN_S)  # in both colours: whoever fetches is never waited for while holding a thread
        try:
            if self._kept.access_token != refused and self._kept.good():
                return str(self._kept.access_token)
            with self._keeping.alone() if self._keeping else nullcontext(self._kept) as found:
                if found.access_token != refused and found.good():
                    self._kept = found  # another process was faster
                else:
                    self._kept = yield from self._fetch(found, patience)
                    if self._keeping:
                        self._keeping.keep(self._kept)
            return str(self._kept.access_token)
        finally:
            self._fetching.release()

    def _fetch(self, kept: Kept, patience: float) -> Flow[Kept]:
        if kept.refresh_token is not None:
            form = {"grant_type": "refresh_token", "refresh_token": kept.refresh_token}
        elif self._client_secret is None:
            raise ProblemError(
                Problem(status=401, code="invalid_token", detail="The sign-in has ended; sign in again.")
            )
        else:
            form = {"grant_type": "client_credentials"}
        given = yield from ask_for_token(self._client_id, self._client_secret, form, patience)
        return Kept(
            access_token=given.access_token,
            refresh_token=given.refresh_token or kept.refresh_token,
            expires_at=time.time() + given.expires_in,
        )


def ask_for_token(client_id: str, client_secret: str | None, form: dict[str, str], patience: float) -> Flow[Given]:
    """What the token endpoint gives for that form. Raises ProblemError, with the OAuth error as its code."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if client_secret is None:
        form = form | {"client_id": client_id}
    else:  # RFC 6749 §2.3.1: both are form-encoded before they are joined
        pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    # A refresh token is good once: a second use looks like theft, so it is not sent again when it may have arrived.
    harmless = form["grant_type"] == "client_credentials"
    ask = Ask(method="POST", path=TOKEN_PATH, headers=headers, body=urlencode(form).encode(), harmless=harmless)
    return read((yield from exchange(ask, patience)), Given)


def passes_of(token: str | None, client_id: str | None, client_secret: str | None) -> Passes | None:
    """The passes of a client that was given an id and a secret. Raises ValueError for half of them, or for too much."""
    if client_id is None and client_secret is None:
        return None
    if not client_id or not client_secret or token is not None:
        raise ValueError("Give a token, or client_id and client_secret; not both, and not half of them.")
    return Passes(client_id, client_secret)
