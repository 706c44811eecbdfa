"""The calls that sign a person in where there is no browser (RFC 8628), and out again (RFC 7009)."""

import time
from typing import Final
from urllib.parse import urlencode

from msgspec import Struct

from runbell.client.call import call
from runbell.client.caller import Caller
from runbell.client.effects import Answer, Ask, Flow, Pause
from runbell.client.exchange import exchange, read
from runbell.client.passes import Kept, ask_for_token
from runbell.client.problems import ProblemError

CLIENT_ID: Final = "runbell-cli"
"""The public client that every server knows: it has no secret, and no rights of its own."""
GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
SLOWER_S: Final = 5.0


class DeviceCode(Struct, frozen=True, kw_only=True):
    """What to show to a person, and what to wait with (RFC 8628 §3.2). Times in seconds."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None = None
    expires_in: float = 600
    interval: float = 5


class SignInCalls(Caller):
    """Sign in and out. These calls need no credentials."""

    @call
    def begin_sign_in(self, client_id: str = CLIENT_ID, *, scope: str | None = None) -> Flow[DeviceCode]:
        """Ask to be let in: a person opens `verification_uri` and types `user_code`. `scope`: rights, by blanks."""
        form = {"client_id": client_id} | ({"scope": scope} if scope else {})
        return read((yield from self._form("/oauth/device", form)), DeviceCode)

    @call
    def finish_sign_in(self, begun: DeviceCode, client_id: str = CLIENT_ID) -> Flow[Kept]:
        """The tokens, once the person has allowed it. Raises ProblemError `access_denied` or `expired_token`."""
        form = {"grant_type": GRANT, "device_code": begun.device_code}
        interval = begun.interval
        while True:
            yield Pause(interval)
            try:
                given = yield from ask_for_token(client_id, None, form, self.connection.patience)
            except ProblemError as refused:
                if refused.code not in ("authorization_pending", "slow_down"):
                    raise
                interval += SLOWER_S if refused.code == "slow_down" else 0
                continue
            return Kept(
                access_token=given.access_token,
                refresh_token=given.refresh_token,
                expires_at=time.time() + given.expires_in,
            )

    @call
    def sign_out(self, token: str, client_id: str = CLIENT_ID) -> Flow[None]:
        """End a sign-in: its refresh token, and all tokens that came of it."""
        yield from self._form("/oauth/revoke", {"client_id": client_id, "token": token})

    def _form(self, path: str, form: dict[str, str]) -> Flow[Answer]:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        ask = Ask(method="POST", path=path, headers=headers, body=urlencode(form).encode())
        return (yield from exchange(ask, self.connection.patience))
