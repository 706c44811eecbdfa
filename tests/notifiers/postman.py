"""A mail server on this machine that keeps what it is given, and answers as the test says."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass
class Postman:
    """What was handed over. `says` are answers to RCPT by receiver, and to DATA under ''."""

    port: int = 0
    says: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)

    @property
    def messages(self) -> list[EmailMessage]:
        """What was handed over, read."""
        return [message_from_bytes(data, policy=policy.default) for _, _, data in self.taken]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.says:
            return self.says[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if "" in self.says:
            return self.says[""]
        assert isinstance(envelope.content, bytes)
        self.taken.append((str(envelope.mail_from), list(envelope.rcpt_tos), envelope.content))
        self.secured.append(session.ssl is not None)
        return "250 taken"


@asynccontextmanager
async def a_postman(
    tls: ssl.SSLContext | None = None, user: tuple[str, str] | None = None, *, utf8: bool = False
) -> AsyncIterator[Postman]:
    """A mail server; with `tls` it offers STARTTLS, with `user` it asks for that one, with `utf8` it takes addresses
    beyond ASCII."""
    postman = Postman()

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=user == (data.login.decode(), data.password.decode()), handled=False)

    def session() -> SMTP:
        asked: dict[str, Any] = {"enable_SMTPUTF8": utf8}
        asked |= {} if user is None else {"authenticator": check, "auth_required": True}
        if user is not None and tls is None:
            asked["auth_require_tls"] = False
        return SMTP(postman, hostname="mail.test", tls_context=tls, require_starttls=tls is not None, **asked)

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0)
    postman.port = server.sockets[0].getsockname()[1]
    async with server:
        yield postman
