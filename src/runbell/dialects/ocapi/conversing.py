"""How a client talks to the OCAPI door about a job, as data."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from runbell.dialects.ocapi.words import STATUS
from runbell.domain.job import Job, ParameterType
from runbell.domain.status import Status
from runbell.http.conversation import Answered, Call, Conversation
from runbell.operations.foreign import name_of
from runbell.ports.job_table import JobRecord

NAME: Final = "ocapi"
_ENDED: Final = tuple(sorted({STATUS[status].execution for status in Status if status.terminal}))
_NO_TEXT: Final = (ParameterType.JSON, ParameterType.MULTI, ParameterType.FILE)


def converse(record: JobRecord, job: Job, params: Mapping[str, Any]) -> Conversation | None:
    """The calls about one job; none for one that needs a parameter whose value is no plain text."""
    if any(parameter.required and parameter.type in _NO_TEXT for parameter in job.parameters):
        return None
    name = name_of(record, NAME)
    executions = f"/s/-/dw/data/v17_4/jobs/{quote(name, safe='')}/executions"
    told = [{"name": parameter, "value": value} for parameter, value in params.items()]
    return Conversation(
        dialect=NAME,
        title="OCAPI",
        token=Call(
            title="Get a token", method="POST", path="/dw/oauth2/access_token",
            form={"grant_type": "client_credentials"},
        ),
        start=Call(
            title="Start", method="POST", path=executions, succeeds=(200, 202),
            body={"parameters": told},
        ),
        execution_at=("id",),
        look=Call(title="Look", path=f"{executions}/{{execution}}"),
        ended=Answered(("execution_status",), _ENDED),
        good=Answered(("exit_status", "status"), ("ok",)),
    )  # fmt: skip
