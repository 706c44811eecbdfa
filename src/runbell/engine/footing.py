"""What an execution stands on when it begins: kept values that fit, and what it goes on from, still there."""

from collections.abc import Iterable

from runbell.domain.data import parts
from runbell.domain.execution import Execution, StepExecution
from runbell.domain.job import Job
from runbell.domain.parameters_values import Unfit, check_value
from runbell.domain.status import StepStatus
from runbell.engine.workshop import Workshop
from runbell.ports.data_files import CannotReach, NoSuchData
from runbell.ports.store import Ref

GONE = (
    "The execution that it goes on from was deleted before it began, with what its finished steps left; start it anew."
)


async def lay(shop: Workshop, job: Job, claimed: Execution, rows: Iterable[StepExecution]) -> str | None:
    """Lay the ground of a claimed execution. A sentence when it cannot begin, None when it can."""
    if claimed.kept is not None and (wrong := _misfit(job, claimed)) is not None:
        return wrong
    if claimed.restart_of is not None:
        reused = [row for row in rows if row.status is StepStatus.REUSED]
        if reused and claimed.epoch == 1 and await _deleted(shop, claimed):
            return GONE
        left = [name for row in reused for name in parts(row.data)]
        try:
            if left:
                await shop.artifacts.data.copy(claimed.restart_of, claimed.id, left)
        except NoSuchData:
            return GONE
        except CannotReach as trouble:
            return f"What its finished steps left cannot be had: {trouble} Restart it again then."
        await shop.artifacts.copy_workspace(claimed.restart_of, claimed.id)
    return None


async def _deleted(shop: Workshop, claimed: Execution) -> bool:
    return await shop.desk.store.standing(claimed.project, Ref(id=claimed.restart_of)) is None


def _misfit(job: Job, claimed: Execution) -> str | None:
    for parameter in job.parameters:
        if parameter.name not in (claimed.kept or ()) or parameter.name not in claimed.params:
            continue
        try:
            check_value(parameter, claimed.params[parameter.name])
        except Unfit as unfit:
            return (
                f"The kept value of {parameter.name} does not fit the job any more ({unfit.detail}); start it with one "
                "of your own."
            )
    return None
