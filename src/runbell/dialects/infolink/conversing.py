"""How a client talks to the InfoLink door about a job, as data."""

from collections.abc import Mapping
from typing import Any

from runbell.dialects.infolink.places import NAME
from runbell.dialects.infolink.reading import RUN_SCENARIO
from runbell.dialects.infolink.words import COMPLETED, STATUSES
from runbell.domain.job import Job
from runbell.domain.status import Status
from runbell.http.conversation import Answered, Call, Conversation
from runbell.operations.foreign import name_of
from runbell.ports.job_table import JobRecord


def converse(record: JobRecord, _: Job, params: Mapping[str, Any]) -> Conversation:
    """The calls about one job. An app goes by its project's name, too."""
    scenario = {"scenario": name_of(record, NAME), "parameters": dict(params)}
    operation = {"opName": RUN_SCENARIO, "opParams": scenario}
    ended = tuple(sorted({STATUSES[status] for status in Status if status.terminal}))
    status = ("result", "status")
    of_job = {"appId": record.project, "jobId": "{execution}"}
    return Conversation(
        dialect=NAME,
        title="InfoLink",
        token=Call(
            title="Get a token", method="POST", path="/api/v1/oauth2/token", form={"grant_type": "client_credentials"}
        ),
        start=Call(
            title="Execute", method="POST", path="/api/v1/executeJob.jsp",
            body={"appId": record.project, "operation": operation},
        ),
        execution_at=("result", "jobId"),
        look=Call(title="Status", path="/api/v1/getJobStatus.jsp", query=of_job),
        ended=Answered(status, ended),
        good=Answered(status, (COMPLETED,)),
        stop=Call(title="Stop", path="/api/v1/stopJob.jsp", query=of_job),
    )  # fmt: skip
