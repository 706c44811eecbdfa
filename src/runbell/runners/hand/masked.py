"""What a step says besides its output, with its secrets masked: outcomes, errors, exit statuses, progress."""

from msgspec import structs

from runbell.domain.execution import Error, Progress, StepExecution
from runbell.domain.outcome import Failed, Outcome, Succeeded
from runbell.domain.status import ExitStatus
from runbell.runners.hand.masks import Masks


def masked_outcome(outcome: Outcome, masks: Masks) -> Outcome:
    """The outcome; its result was masked when it was kept, the tail of its log when it was written."""
    if isinstance(outcome, Succeeded):
        return Succeeded(_exit_status(outcome.exit_status, masks), outcome.result, outcome.keep, outcome.data)
    if isinstance(outcome, Failed):
        return Failed(_error(outcome.error, masks), outcome.result, outcome.data)
    return outcome


def masked_step(step: StepExecution, masks: Masks) -> StepExecution:
    """A step inside a Python job."""
    return structs.replace(
        step,
        exit_status=None if step.exit_status is None else _exit_status(step.exit_status, masks),
        error=None if step.error is None else _error(step.error, masks),
    )


def masked_progress(progress: Progress, masks: Masks) -> Progress:
    """How far the step is."""
    return structs.replace(progress, message=masks.text(progress.message))


def _error(error: Error, masks: Masks) -> Error:
    return structs.replace(error, code=masks.text(error.code), detail=masks.text(error.detail))


def _exit_status(said: ExitStatus, masks: Masks) -> ExitStatus:
    return ExitStatus(masks.text(said.code), masks.text(said.message))
