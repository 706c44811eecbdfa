"""The notification of a run's end, as the vendor's clients know runs.

https://docs.powerepos.cloud/Document/DES/QueryRunStatus
https://docs.powerepos.cloud/Model/POSCorePublic.Models.DataExtractionService.API.QueryJobRunStatusResponse
"""

from typing import Any, Final

import msgspec

from runbell.dialects.des import files, places, wire
from runbell.domain.delivery import Delivery
from runbell.domain.endpoint import ENDS
from runbell.domain.faults import NotFound
from runbell.operations.deliveries import PREFIX
from runbell.operations.ports import Ports
from runbell.ports.notifier import CannotShape, Format
from runbell.ports.store import Ref

EVENT: Final = "JobRunFinished"


def own_format(ports: Ports) -> Format:
    """What QueryRunStatus answers of the run, and beside it what happened, and the id that every attempt has."""

    async def shape(delivery: Delivery) -> bytes:
        told = delivery.told
        execution = await ports.store.execution(told.project, Ref(id=told.execution))
        if execution is None:
            raise CannotShape("The run was deleted before its end could be told.")
        try:
            record = await ports.catalogue.record(told.project, told.job)
        except NotFound:
            raise CannotShape("The job of the run is not there any more.") from None
        left = await files.run_files(ports, execution) if execution.files else ()
        status = wire.status_of(record, execution, await places.started_by(ports, execution), left)
        body: dict[str, Any] = msgspec.to_builtins(status)
        return msgspec.json.encode(body | {"eventType": EVENT, "notificationId": PREFIX + delivery.id})

    return Format(name=wire.NAME, shape=shape, events=frozenset(ENDS))
