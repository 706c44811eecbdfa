"""How a client talks to the Adverity door about a job, as data.

The token is for a user's name and password, in the variables `userName` and `password` of a collection: this vendor
knows no OAuth clients.
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import UNSET

from runbell.dialects.adverity.wire import DIALECT
from runbell.dialects.adverity.words import CANCELLED, DISCARDED, FAILED, STALE, SUCCESS
from runbell.domain.job import Job, ParameterType
from runbell.http.conversation import PASSWORD, USER_NAME, Answered, Call, Conversation
from runbell.operations.foreign import number_of
from runbell.ports.job_table import JobRecord

_RANGE: Final = {"start": "2026-01-01", "end": "2026-01-31"}
"""Some month, where the job does not say itself what a day of it looks like."""
_OF_TIME: Final = (ParameterType.DATE, ParameterType.DATETIME)


def converse(record: JobRecord, job: Job, params: Mapping[str, Any]) -> Conversation | None:
    """The calls about one job; none for one that needs parameters beside the range of a fetch."""
    if any(one.required and one.default is UNSET and one.name not in _RANGE for one in job.parameters):
        return None
    days = {one.name: params[one.name] for one in job.parameters if one.type in _OF_TIME and one.name in params}
    fetch = {name: str(days.get(name, day)) for name, day in _RANGE.items()}
    return Conversation(
        dialect=DIALECT,
        title="Adverity",
        token=Call(
            title="Get a token", method="POST", path="/api/auth/token/",
            form={"username": USER_NAME, "password": PASSWORD},
        ),
        token_at=("token",),
        by_token="Token {token}",  # noqa: S106 - a pattern
        by_key="Token {key}",
        start=Call(
            title="Fetch", method="POST", path=f"/api/datastreams/{number_of(record, DIALECT)}/fetch_fixed/", form=fetch
        ),
        execution_at=("jobs", "0", "id"),
        look=Call(title="Look", path="/api/jobs/{execution}/"),
        ended=Answered(("state_label",), tuple(one.label for one in (SUCCESS, FAILED, CANCELLED, DISCARDED, STALE))),
        good=Answered(("state_label",), (SUCCESS.label,)),
        stop=Call(title="Stop", method="POST", path="/api/jobs/{execution}/stop/"),
    )  # fmt: skip
