"""Mail: one message per attempt, handed to the mail server of this house. Its answers are put as a webhook's are."""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from runbell.domain.delivery import Delivery
from runbell.domain.execution import Execution
from runbell.egress.aside import Aside
from runbell.notifiers.letter import letter
from runbell.notifiers.smtp import MailServer, NotTaken, hand_over
from runbell.ports.notifier import Answered, CannotShape, Format, Notification

AT_ONCE: Final = 4
Look = Callable[[Delivery], Awaitable[Execution | None]]
TAKEN: Final = 250
NO_SERVER: Final = "This server sends no mail: mail_host is not set (docs/mail.md). Once it is, send this again."


class MailNotifier:
    """Implements `ports.notifier.Notifier`."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._aside = Aside("mail", AT_ONCE)

    async def notify(self, notification: Notification) -> Answered:
        """Hand it over. A receiver whom the mail server refuses for good is not tried again."""
        server, receiver = self._server, notification.url.removeprefix("mailto:")
        headers = {"from": server.sender, "to": receiver, "via": server.shown}
        message = msgspec.json.decode(notification.body, type=str).encode()
        try:
            await self._aside.run(lambda: hand_over(server, receiver, message))
        except NotTaken as why:
            return Answered(headers=headers, status=why.code, error=str(why), refused=why.for_good)
        return Answered(headers=headers, status=TAKEN)


def letters(server: MailServer | None, public_url: str | None, look: Look | None = None) -> Format:
    """The form of what is mailed. The body is a JSON text that holds the whole message, so that it can be looked at.

    `look`: the execution that a delivery is about, so that a mail says where it broke; None when it is gone.
    """
    base = None if public_url is None else public_url.rstrip("/")

    async def shape(delivery: Delivery) -> bytes:
        if server is None:
            raise CannotShape(NO_SERVER)
        of = None if look is None else await look(delivery)
        return msgspec.json.encode(letter(delivery, delivery.receiver, server.sender, base, of).decode())

    return Format(name="mail", shape=shape)
