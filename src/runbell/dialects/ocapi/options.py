"""What a server can be told about the OCAPI door."""

from typing import Literal

from msgspec import Struct


class Options(Struct, frozen=True, kw_only=True):
    """Each member can be given as `RUNBELL_OCAPI_<NAME>`."""

    verbatim_status: bool = False
    """Show a queued execution as pending, a stopping one as ABORTING: sfcc-ci takes both words for the end."""
    job_exit_code: Literal["error", "own"] = "error"
    """The code of a failed job: always ERROR, or the code that its step ended with."""
    unknown_parameters: Literal["reject", "ignore"] = "reject"
    """What a start does with a parameter that the job does not declare."""
    job_execution_exception_status: Literal[400, 409] = 409
    """The HTTP status of JobExecutionException: 409 as in the vendor's sample, 400 as in its table."""
