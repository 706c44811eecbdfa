"""What a job's Python code imports: the decorators, the context and the secret. Only stdlib, msgspec and the domain."""

from runbell.authoring.context import Context, Secret, Stopped
from runbell.authoring.jobs import job
from runbell.authoring.steps import StepTimedOut, step

__all__ = ["Context", "Secret", "StepTimedOut", "Stopped", "job", "step"]
