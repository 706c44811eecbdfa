"""The body of a webhook in runbell's own format: thin, with the number of its event in the feed."""

from typing import Any, Final

import msgspec

from runbell.dialects.native.execution_wire import PREFIX, ROOT
from runbell.dialects.native.webhook_shapes import Notification
from runbell.dialects.native.words import STATUS
from runbell.domain.delivery import Delivery, Told
from runbell.domain.endpoint import OWN_FORMAT
from runbell.domain.status import Status
from runbell.http.site import Site
from runbell.http.times import rfc3339
from runbell.ports.notifier import Format

_STATUS_OF: Final = {f"execution.{status}": word for status, word in STATUS.items()} | {
    "execution.started": STATUS[Status.RUNNING]
}
_STEP: Final = "execution.step_finished"


def own_format(site: Site) -> Format:
    """The format; with a public address the links are whole."""
    base = (site.public_url or "").rstrip("/")

    async def shape(delivery: Delivery) -> bytes:
        return body(delivery, base)

    return Format(name=OWN_FORMAT, shape=shape)


def body(delivery: Delivery, base: str = "") -> bytes:
    """The JSON of a delivery."""
    told = delivery.told
    data: dict[str, Any] = {"seq": delivery.seq}
    if told.execution:
        data |= _of_execution(delivery, told, base)
    elif told.job:
        data["job"] = told.job
    data = told.data | data if delivery.type != _STEP else data | {"step": told.data}
    return msgspec.json.encode(Notification(type=delivery.type, timestamp=rfc3339(delivery.time), data=data))


def _of_execution(delivery: Delivery, told: Told, base: str) -> dict[str, Any]:
    own = f"{base}{ROOT}{PREFIX}{told.execution}"
    links = {"self": own, "result": f"{own}/result", "logs": f"{own}/logs", "deliveries": f"{own}/deliveries"}
    status = _STATUS_OF.get(delivery.type) or (None if told.status is None else STATUS[Status(told.status)])
    ended = told.data.get("exit_status") if delivery.type != _STEP else None
    return {
        "execution": PREFIX + told.execution, "number": told.number, "key": told.key, "job": told.job,
        "project": told.project, "status": status, "revision": told.revision, "exit_status": ended, "links": links,
    }  # fmt: skip
