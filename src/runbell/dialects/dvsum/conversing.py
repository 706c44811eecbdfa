"""How a client talks to the DvSum door about a job, as data: what the vendor's console calls "Generate API URL"."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import UNSET

from runbell.dialects.dvsum.finding import DIALECT
from runbell.dialects.dvsum.words import STATUS
from runbell.domain.job import Job
from runbell.domain.status import Status
from runbell.http.conversation import Answered, Call, Conversation
from runbell.operations.foreign import number_of
from runbell.ports.job_table import JobRecord

_JSON: Final = {"Content-Type": "application/json"}


def converse(record: JobRecord, job: Job, _: Mapping[str, Any]) -> Conversation | None:
    """The calls about one job; none for a job that needs parameters, since the vendor knows none."""
    if any(parameter.required and parameter.default is UNSET for parameter in job.parameters):
        return None
    jobs = "/integration/jobs"
    return Conversation(
        dialect=DIALECT,
        title="DvSum",
        token=Call(title="Get a token", method="POST", path="/oauth2/token", form={"grant_type": "client_credentials"}),
        key_header=True,
        by_key="default",
        start=Call(title="Execute", method="POST", path=f"{jobs}/{number_of(record, DIALECT)}/execute", headers=_JSON),
        execution_at=("execution_id",),
        look=Call(title="Details", path=f"{jobs}/{{execution}}/details", headers=_JSON),
        ended=Answered(("is_finished",), (True,)),
        good=Answered(("status",), (STATUS[Status.SUCCEEDED],)),
    )
