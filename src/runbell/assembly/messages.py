"""Everything that tells somebody outside: the formats of the doors, the notifiers, and the courier between them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from runbell.domain.delivery import DELAYS_MS, Delivery
from runbell.domain.execution import Execution
from runbell.egress.outlet import Outlet
from runbell.egress.policy import read_policy
from runbell.engine.courier import MAIL, WEBHOOK, Courier
from runbell.engine.delivery_keeping import DeliveryKeeping
from runbell.notifiers.mail import MailNotifier, letters
from runbell.notifiers.signing import public_key
from runbell.notifiers.smtp import MailServer
from runbell.notifiers.webhook import WebhookNotifier
from runbell.operations.ports import Ports
from runbell.operations.telling import Telling
from runbell.ports.notifier import Notifier
from runbell.ports.store import Ref
from runbell.settings import Settings, read_delays

NOWHERE: Final = "runbell"


def telling(settings: Settings) -> Telling:
    """What decides whom this server may tell, and how."""
    policy = read_policy(settings.egress_allow, http=settings.egress_http)
    return Telling(policy=policy, most=settings.webhooks, public_key=public_key)


@asynccontextmanager
async def couriers(ports: Ports, settings: Settings) -> AsyncIterator[tuple[Courier, DeliveryKeeping]]:
    """Who sends what is due, and who forgets what is long over; the way out is closed behind them."""

    async def look(delivery: Delivery) -> Execution | None:
        return await ports.store.execution(delivery.project, Ref(id=delivery.told.execution))

    async with Outlet(ports.telling.policy, authorities=settings.egress_ca) as outlet:
        server = MailServer.of(settings)
        notifiers: dict[str, Notifier] = {WEBHOOK: WebhookNotifier(outlet)}
        if server is not None:
            notifiers[MAIL] = MailNotifier(server)
        courier = Courier(
            ports, ports.telling.formats, notifiers,
            letter=letters(server, settings.public_url, look),
            delays_ms=read_delays(settings.webhook_delays) or DELAYS_MS, source=settings.public_url or NOWHERE,
        )  # fmt: skip
        ports.store.on_deliveries(courier.nudge)
        yield courier, DeliveryKeeping(ports)
