"""Which OAuth client asks: its id and secret, looked at only after the throttle, with the same work for any answer."""

import hmac
from typing import Final, Literal

from msgspec import Struct

from runbell.domain.identity import DEFAULT_PROJECT, EVERYWHERE, SCOPES
from runbell.domain.principals import Client, ClientSecret
from runbell.domain.token_refused import TokenRefused
from runbell.operations.identify import digest
from runbell.operations.ports import Ports
from runbell.ports.identity_table import Use

CLI: Final = "runbell-cli"
"""The command line: built in, without a secret. It holds nothing itself, and only signs people in."""
BUILT_IN: Final = Client(
    id=CLI, name="The command line (runbell)", project=DEFAULT_PROJECT, grants={EVERYWHERE: SCOPES}, public=True,
    redirect_uris=("http://127.0.0.1/callback", "http://[::1]/callback"), created_at=0,
)  # fmt: skip
_NOBODY: Final = ClientSecret(id="", digest=digest("the secret of nobody"), created_at=0)


class LoggedIn(Struct, frozen=True):
    """A client whose secret was right, and the id of that secret: what it gets ends with the secret."""

    id: str
    secret: str | None = None

    @property
    def public(self) -> bool:
        """True for a client that has no secret, like the command line: nothing is given to it alone."""
        return self.secret is None


class Presented(Struct, frozen=True, kw_only=True):
    """A client's credentials as they were sent. `secrets`: one, or several spellings of it of which one may fit."""

    id: str
    secrets: tuple[str, ...] = ()
    method: Literal["basic", "post", "none"] = "post"


async def known_client(ports: Ports, client_id: str) -> Client | None:
    """The client of that id, the built-in one among them."""
    return BUILT_IN if client_id == CLI else await ports.store.client(client_id)


async def log_in(ports: Ports, presented: Presented, address: str) -> LoggedIn:
    """The client with that id and secret; a public one has none.

    Raises TokenRefused (invalid_client) without saying which half was wrong, QuotaExceeded after too many wrong ones.
    """
    if not presented.secrets and presented.id and await _is_public(ports, presented.id):
        return LoggedIn(presented.id)
    attempt = ports.guesses.attempt(f"client:{presented.id}", address, ports.clock.monotonic())
    client, now = await ports.store.client(presented.id), ports.clock.now()
    fitting = _fitting(client.secrets if client is not None else (), presented.secrets, now)
    if client is None or fitting is None or client.disabled_at is not None:
        said = "The client is not known here, or its secret is wrong; check both."
        raise TokenRefused("invalid_client", said, who=f"client:{presented.id}", basic=presented.method == "basic")
    attempt.right()
    ports.uses.note(ports.store, Use("secret", fitting.id, now), fitting.last_used_at)
    return LoggedIn(client.id, fitting.id)


async def _is_public(ports: Ports, client_id: str) -> bool:
    client = await known_client(ports, client_id)
    return client is not None and client.public and client.disabled_at is None


def _fitting(known: tuple[ClientSecret, ...], sent: tuple[str, ...], now: int) -> ClientSecret | None:
    """The secret that fits and is not over. Two are compared for every client, whether there is one or not."""
    fits = None
    for secret in (*known, _NOBODY, _NOBODY)[: max(2, len(known))]:
        for text in sent or ("",):
            same = hmac.compare_digest(secret.digest, digest(text))
            if same and secret.id and (secret.expires_at is None or secret.expires_at > now):
                fits = secret
    return fits
