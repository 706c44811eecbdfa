"""How a client talks to the native door about a job, as data."""

from collections.abc import Mapping
from typing import Any, Final

from runbell.dialects.native.words import STATUS
from runbell.domain.identity import DEFAULT_PROJECT
from runbell.domain.job import Job
from runbell.domain.status import Status
from runbell.http.conversation import Answered, Call, Conversation
from runbell.ports.job_table import JobRecord

_OF: Final = "/api/v1/executions/{execution}"
_ENDED: Final = Answered(("status",), tuple(STATUS[status] for status in Status if status.terminal))


def converse(record: JobRecord, _: Job, params: Mapping[str, Any]) -> Conversation:
    """The calls about one job."""
    query = {} if record.project == DEFAULT_PROJECT else {"project": record.project}
    return Conversation(
        dialect="native",
        title="runbell",
        token=Call(
            title="Get a token", method="POST", path="/oauth/token", form={"grant_type": "client_credentials"}
        ),
        start=Call(
            title="Start", method="POST", path=f"/api/v1/jobs/{record.name}/executions", body={"params": dict(params)},
            query=query, succeeds=(200, 202),
        ),
        execution_at=("id",),
        look=Call(title="Look", path=_OF, query=query),
        ended=_ENDED,
        good=Answered(("status",), (STATUS[Status.SUCCEEDED],)),
        stop=Call(title="Stop", method="POST", path=f"{_OF}/stop", query=query, succeeds=(200, 202)),
        outputs=(
            Call(title="Result", path=f"{_OF}/result", query=query, succeeds=(200, 204)),
            Call(title="Log", path=f"{_OF}/logs/raw", query=query),
        ),
    )  # fmt: skip
