"""Handing one message to a mail server (RFC 5321). It takes its time, so it belongs into a thread."""

import smtplib
import ssl
from pathlib import Path
from typing import Final, Literal, Protocol

from msgspec import Struct

from runbell.domain.mail_address import on_the_wire
from runbell.egress.certificates import tls_context
from runbell.egress.trouble import Refused

TIMEOUT_S: Final = 20.0
"""For each thing that is said and answered."""
PERMANENT: Final = 500


class MailSettings(Protocol):
    """The members of the settings that this room reads (it does not know the settings themselves)."""

    @property
    def mail_host(self) -> str | None: ...
    @property
    def mail_port(self) -> int: ...
    @property
    def mail_security(self) -> Literal["starttls", "tls", "plain"]: ...
    @property
    def mail_from(self) -> str | None: ...
    @property
    def mail_user(self) -> str | None: ...
    @property
    def mail_password(self) -> str | None: ...
    @property
    def egress_ca(self) -> Path | None: ...


class MailServer(Struct, frozen=True, kw_only=True):
    """The mail server of this house, and the address that its mail comes from."""

    host: str
    port: int = 587
    security: Literal["starttls", "tls", "plain"] = "starttls"
    user: str | None = None
    password: str | None = None
    sender: str
    authorities: Path | None = None

    @classmethod
    def of(cls, settings: "MailSettings") -> "MailServer | None":
        """The server that the settings name; None when they name none."""
        if settings.mail_host is None or settings.mail_from is None:
            return None
        return cls(
            host=settings.mail_host, port=settings.mail_port, security=settings.mail_security, user=settings.mail_user,
            password=settings.mail_password, sender=settings.mail_from, authorities=settings.egress_ca,
        )  # fmt: skip

    @property
    def shown(self) -> str:
        """As people call it."""
        return f"{self.host}:{self.port} ({self.security})"


class NotTaken(Exception):  # noqa: N818 - an answer, not a defect
    """The message was not taken. `code` is what the server answered, None without an answer; `for_good`: the server
    will never take a message for this receiver, so another attempt is of no use."""

    def __init__(self, sentence: str, code: int | None = None, *, for_good: bool = False) -> None:
        super().__init__(sentence)
        self.code = code
        self.for_good = for_good


def hand_over(server: MailServer, receiver: str, message: bytes) -> None:
    """Give the server a message for one receiver. Raises NotTaken."""
    with _session(server) as session:
        to = on_the_wire(receiver)
        options = () if to.isascii() else ("SMTPUTF8", "BODY=8BITMIME")
        try:
            session.ehlo_or_helo_if_needed()
            if options and not session.has_extn("smtputf8"):
                only = "takes only addresses in ASCII (it does not offer SMTPUTF8)"
                raise NotTaken(f"{server.shown} {only}; give another for {receiver}.", for_good=True)
            session.sendmail(server.sender, [to], message, options)
        except smtplib.SMTPRecipientsRefused as refused:
            code, said = refused.recipients[to]
            raise _not_taken(server, "does not take mail for this receiver", code, said) from None
        except smtplib.SMTPDataError as refused:
            raise _not_taken(server, "does not take this message", refused.smtp_code, refused.smtp_error) from None
        except smtplib.SMTPSenderRefused as refused:
            found = _not_taken(server, f"takes no mail from {server.sender}", refused.smtp_code, refused.smtp_error)
            raise NotTaken(str(found), found.code) from None  # the settings may be mended: worth another attempt
        except (OSError, smtplib.SMTPException) as error:
            raise NotTaken(f"{server.shown} broke off: {_said(error)}.") from None


def try_out(server: MailServer) -> None:
    """Reach the server and sign in, without sending anything. Raises NotTaken."""
    with _session(server) as session:
        session.noop()


class _session:  # noqa: N801 - a context, not a thing
    """A connection, secured and signed in."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    def __enter__(self) -> smtplib.SMTP:
        server = self._server
        own_name = server.sender.rpartition("@")[2]  # the machine's own would be asked for, perhaps for long
        try:
            context = None if server.security == "plain" else tls_context(server.authorities)
            if server.security == "tls":
                self._session: smtplib.SMTP = smtplib.SMTP_SSL(
                    server.host, server.port, own_name, timeout=TIMEOUT_S, context=context
                )
            else:
                self._session = smtplib.SMTP(server.host, server.port, own_name, timeout=TIMEOUT_S)
        except (OSError, smtplib.SMTPException, Refused) as error:
            raise NotTaken(f"{server.shown} could not be reached: {_said(error)}.") from None
        try:
            self._sign_in(server, context)
        except BaseException:
            self._session.close()
            raise
        return self._session

    def _sign_in(self, server: MailServer, context: ssl.SSLContext | None) -> None:
        try:
            if server.security == "starttls":
                self._session.starttls(context=context)
            if server.user is not None:
                self._session.login(server.user, server.password or "")
        except smtplib.SMTPNotSupportedError as error:
            offers = "does not offer STARTTLS; set mail_security to tls, or to plain if it stands on this machine"
            said = offers if "STARTTLS" in str(error) else f"cannot be used: {_line(str(error))}"
            raise NotTaken(f"{server.shown} {said}.") from None
        except smtplib.SMTPAuthenticationError as refused:
            said = f"refuses {server.user} ({refused.smtp_code}); check mail_user and mail_password"
            raise NotTaken(f"{server.shown} {said}.", refused.smtp_code) from None
        except (OSError, smtplib.SMTPException) as error:
            raise NotTaken(f"{server.shown} broke off: {_said(error)}.") from None

    def __exit__(self, *_: object) -> None:
        try:
            self._session.quit()
        except (OSError, smtplib.SMTPException):
            self._session.close()


def _not_taken(server: MailServer, what: str, code: int, said: bytes | str) -> NotTaken:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return NotTaken(f"{server.shown} {what}: {code} {_line(text)}.", code, for_good=code >= PERMANENT)


def _said(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not believed ({error.verify_message})"
    return (
        _line(error.strerror if isinstance(error, OSError) and error.strerror else str(error)) or type(error).__name__
    )


def _line(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:300].rstrip(".")
