"""How a client talks to this door about one job: start it, ask how the run stands, fetch its files."""

from collections.abc import Mapping
from typing import Any

from runbell.dialects.des.parameters import as_text, type_of
from runbell.dialects.des.tokens import SCOPE
from runbell.dialects.des.wire import NAME
from runbell.domain.job import Job
from runbell.http.conversation import Answered, Call, Conversation
from runbell.operations.foreign import guid_of
from runbell.ports.job_table import JobRecord


def converse(record: JobRecord, job: Job, params: Mapping[str, Any]) -> Conversation | None:
    """The calls about one job."""
    types = {parameter.name: type_of(parameter) for parameter in job.parameters}
    given = {name: {"type": types[name], "valueStringEncoded": as_text(value)} for name, value in params.items()}
    of_run = {"jobRunId": "{execution}"}
    token = {"grant_type": "client_credentials", "scope": SCOPE}
    return Conversation(
        dialect=NAME,
        title="PowerEPOS DES",
        token=Call(title="Get a token", method="POST", path="/authorisation/token", form=token),
        by_key=None,
        start=Call(
            title="Start job",
            method="POST",
            path="/api/v1/startjob",
            body={"jobId": guid_of(record, NAME), "parameters": given},
        ),
        execution_at=("jobRunId",),
        look=Call(title="Query run status", method="POST", path="/api/v1/queryrunstatus", body=of_run),
        ended=Answered(("finished",), (True,)),
        good=Answered(("success",), (True,)),
        outputs=(Call(title="Get run files", method="POST", path="/api/v1/getrunfiles", body=of_run),),
    )
