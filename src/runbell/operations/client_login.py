"""Which OAuth client asks: its id and secret, looked at only after the throttle, with the same work for any answer."""

import hmac
from typing import Final, Literal

from msgspec import Struct

from runbell.domain.principals import ClientSecret
from runbell.domain.token_refused import TokenRefused
from runbell.operations.identify import digest
from runbell.operations.ports import Ports
from runbell.ports.identity_table import Use

CLI: Final = "runbell-cli"
"""The one client without a secret: it holds nothing itself, and only signs people in with the device grant."""
_NOBODY: Final = ClientSecret(id="", digest=digest("the secret of nobody"), created_at=0)


class LoggedIn(Struct, frozen=True):
    """A client whose secret was right, and the id of that secret: what it gets ends with the secret."""

    id: str
    secret: str | None = None

    @property
    def public(self) -> bool:
        """True for the command line, which has no secret and no rights of its own."""
        return self.secret is None


class Presented(Struct, frozen=True, kw_only=True):
    """A client's credentials as they were sent. `secrets`: one, or several spellings of it of which one may fit."""

    id: str
    secrets: tuple[str, ...] = ()
    method: Literal["basic", "post", "none"] = "post"


async def log_in(ports: Ports, presented: Presented, address: str) -> LoggedIn:
    """The client with that id and secret; `runbell-cli` needs none.

    Raises TokenRefused (invalid_client) without saying which half was wrong, QuotaExceeded after too many wrong ones.
    """
    if presented.id == CLI and not presented.secrets:
        return LoggedIn(CLI)
    attempt = ports.guesses.attempt(f"client:{presented.id}", address, ports.clock.monotonic())
    client, now = await ports.store.client(presented.id), ports.clock.now()
    fitting = _fitting(client.secrets if client is not None else (), presented.secrets, now)
    if client is None or fitting is None or client.disabled_at is not None:
        said = "The client is not known here, or its secret is wrong; check both."
        raise TokenRefused("invalid_client", said, who=f"client:{presented.id}", basic=presented.method == "basic")
    attempt.right()
    ports.uses.note(ports.store, Use("secret", fitting.id, now), fitting.last_used_at)
    return LoggedIn(client.id, fitting.id)


def _fitting(known: tuple[ClientSecret, ...], sent: tuple[str, ...], now: int) -> ClientSecret | None:
    """The secret that fits and is not over. Two are compared for every client, whether there is one or not."""
    fits = None
    for secret in (*known, _NOBODY, _NOBODY)[: max(2, len(known))]:
        for text in sent or ("",):
            same = hmac.compare_digest(secret.digest, digest(text))
            if same and secret.id and (secret.expires_at is None or secret.expires_at > now):
                fits = secret
    return fits
