"""Seal: the secret parameters of an execution, before anything is written down; and open them for who needs them."""

from typing import Any, Final

from msgspec import structs

from runbell.domain.execution import Execution
from runbell.domain.job import Job
from runbell.domain.secrecy import as_sealed, sealed_text
from runbell.ports.vault import CannotOpen, Vault

PARAMETER: Final = "parameter"
SECRET: Final = "secret"  # noqa: S105 - a purpose


def sealed(vault: Vault, job: Job, execution: Execution) -> Execution:
    """The execution with its secret parameters sealed for it alone. Costs nothing for a job without any."""
    if not job.secret_parameters:
        return execution
    return structs.replace(execution, params=sealed_params(vault, job, execution, execution.params))


def sealed_params(vault: Vault, job: Job, of: Execution, params: dict[str, Any]) -> dict[str, Any]:
    """These values, the secret ones sealed for that execution."""
    found = dict(params)
    for name in job.secret_parameters:
        value = found.get(name)
        if isinstance(value, str):
            found[name] = as_sealed(vault.seal(PARAMETER, _place(of, name), value.encode()))
    return found


def opened(vault: Vault, job: Job, execution: Execution) -> dict[str, Any]:
    """The values of its parameters as the job receives them; `job` is the version it names. Raises CannotOpen."""
    if not job.secret_parameters:
        return execution.params
    found = dict(execution.params)
    for name in job.secret_parameters:
        text = sealed_text(found.get(name))
        if text is not None:
            try:
                found[name] = vault.open(PARAMETER, _place(execution, name), text).decode()
            except CannotOpen as refusal:
                raise CannotOpen(f"The parameter {name} of execution {execution.number}: {refusal}") from None
    return found


def _place(execution: Execution, name: str) -> tuple[str, ...]:
    return (execution.project, execution.id, name)
