"""A receiver of notifications for tests of dialects: what it was sent, body by body."""

import json
from typing import Any

from runbell.domain.endpoint import TEST
from runbell.engine.courier import WEBHOOK, Courier
from runbell.operations.ports import Ports
from runbell.ports.notifier import Answered, Format, Notification


class Receiver:
    """Takes everything. Implements `ports.notifier.Notifier`."""

    def __init__(self) -> None:
        self.sent: list[Notification] = []

    async def notify(self, notification: Notification) -> Answered:
        self.sent.append(notification)
        return Answered(headers={}, status=204)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What was told, without tests."""
        return [json.loads(one.body) for one in self.sent if one.type != TEST]


async def carried(ports: Ports, form: Format | None) -> Receiver:
    """Everything that was on its way, with the format of a door, has arrived here."""
    assert form is not None
    receiver = Receiver()
    await Courier(ports, {form.name: form}, {WEBHOOK: receiver}).once()
    return receiver
