"""The calls that sign a person in by the browser of this machine: authorization code with PKCE (RFC 6749, 7636, 8252).

The caller listens on a loopback address, sends the person to `url`, and hands in the query that came back.
"""

import hashlib
import hmac
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from msgspec import Struct

from runbell.client.call import call
from runbell.client.caller import Caller
from runbell.client.effects import Ask, Flow
from runbell.client.exchange import exchange, read
from runbell.client.passes import Kept, ask_for_token
from runbell.client.problems import Problem, ProblemError, UnreadableAnswerError
from runbell.client.sign_in import CLIENT_ID

METADATA: Final = "/.well-known/oauth-authorization-server"
_STRANGE: Final = "What came back is not the answer to this sign-in; begin a new one."


class BrowserSignIn(Struct, frozen=True, kw_only=True):
    """Where to send a person, and what to know the answer by. `verifier` is a secret of whoever began."""

    url: str
    redirect_uri: str
    issuer: str
    state: str
    verifier: str


class BrowserSignInCalls(Caller):
    """Sign in by a browser. These calls need no credentials."""

    @call
    def begin_browser_sign_in(
        self, redirect_uri: str, client_id: str = CLIENT_ID, *, scope: str | None = None
    ) -> Flow[BrowserSignIn]:
        """Ask to be let in: a person opens `url`, signs in, and is sent on to `redirect_uri` with the answer.

        For `runbell-cli` that is `http://127.0.0.1:PORT/callback` with any port. `scope`: rights, by blanks. Raises
        UnreadableAnswerError for a server that signs nobody in so.
        """
        ask = Ask(method="GET", path=METADATA)
        server = read((yield from exchange(ask, self.connection.patience)), _Metadata)
        if not server.authorization_endpoint:
            raise UnreadableAnswerError("This server signs nobody in by a browser of this machine; sign in by a code.")
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code", "client_id": client_id, "redirect_uri": redirect_uri, "state": state,
            "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        url = f"{server.authorization_endpoint}?{urlencode(asked | ({'scope': scope} if scope else {}))}"
        return BrowserSignIn(url=url, redirect_uri=redirect_uri, issuer=server.issuer, state=state, verifier=verifier)

    @call
    def finish_browser_sign_in(
        self, begun: BrowserSignIn, answer: Mapping[str, str], client_id: str = CLIENT_ID
    ) -> Flow[Kept]:
        """The tokens for what came back in the query of `redirect_uri`.

        Raises ProblemError `access_denied` when the person said no, UnreadableAnswerError for an answer to somebody
        else's sign-in, or from another server (RFC 9207).
        """
        ours = hmac.compare_digest(answer.get("state", "").encode(), begun.state.encode())
        if not ours or answer.get("iss") != begun.issuer:
            raise UnreadableAnswerError(_STRANGE)
        if "error" in answer:
            said = answer.get("error_description") or f"It ended in {answer['error']}."
            raise ProblemError(Problem(status=400, code=answer["error"], detail=said))
        form = {
            "grant_type": "authorization_code", "code": answer.get("code", ""), "redirect_uri": begun.redirect_uri,
            "code_verifier": begun.verifier,
        }  # fmt: skip
        given = yield from ask_for_token(client_id, None, form, self.connection.patience)
        return Kept(
            access_token=given.access_token,
            refresh_token=given.refresh_token,
            expires_at=time.time() + given.expires_in,
        )


class _Metadata(Struct, frozen=True, kw_only=True):
    issuer: str
    authorization_endpoint: str = ""
