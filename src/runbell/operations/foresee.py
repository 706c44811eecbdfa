"""Foresee: the steps of an execution that has just been accepted, before any of them begins."""

from runbell.domain import plan
from runbell.domain.execution import Execution, StepExecution
from runbell.operations.ports import Ports


async def steps(ports: Ports, of: Execution) -> list[StepExecution]:
    """Every step of that version of the job for these scopes, `pending`; the table is not asked for any."""
    _, job = await ports.catalogue.of(of)
    return plan.outlook(job, of.scopes, [], ended=False)
