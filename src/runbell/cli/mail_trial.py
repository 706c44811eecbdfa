"""What `runbell doctor` says of mail: whether the settings here lead to a mail server that takes some."""

import time
from typing import Final

from runbell.cli.finding import Finding

FIX: Final = "See docs/mail.md; the settings are RUNBELL_MAIL_HOST, _PORT, _SECURITY, _FROM, _USER, _PASSWORD."


def mail(receiver: str | None) -> Finding:
    """Reach the mail server and sign in; with a receiver, send a message there. The settings are this shell's."""
    from runbell.domain.ids import new_id
    from runbell.domain.mail_address import LIKE, is_address
    from runbell.notifiers.letter import message_of
    from runbell.notifiers.smtp import MailServer, NotTaken, hand_over, try_out
    from runbell.settings import load_settings

    try:
        settings = load_settings()
    except ValueError as error:
        return Finding("mail", "fail", str(error), FIX)
    if receiver is not None and not is_address(receiver):
        return Finding("mail", "fail", f"{receiver!r} is no address.", f"Give {LIKE}.")
    server = MailServer.of(settings)
    if server is None:
        said = "none is sent: mail_host is not set in this shell"
        return Finding("mail", "ok" if receiver is None else "fail", said, "" if receiver is None else FIX)
    now = round(time.time() * 1_000)
    try:
        if receiver is None:
            try_out(server)
            return Finding("mail", "ok", f"{server.shown} can be used; to send some: runbell doctor --mail ADDRESS")
        text = f"This is a test. {server.shown} took it from runbell.\n"
        subject = "[runbell] test"
        message = message_of(
            receiver=receiver, sender=server.sender, subject=subject, text=text, at=now, id_=f"test_{new_id(now)}"
        )
        hand_over(server, receiver, message)
    except NotTaken as error:
        return Finding("mail", "fail", str(error), FIX)
    return Finding("mail", "ok", f"{server.shown} took a message for {receiver}")
