"""The settings of this door: RUNBELL_INFOLINK_ and the name of a member."""

from typing import Literal

from msgspec import Struct


class Options(Struct, frozen=True, kw_only=True):
    """What an administrator may say to this door."""

    http_status_on_error: Literal["200", "real"] = "200"
    """The HTTP status of refusals that InfoLink answers with 200; real: 400, 404, 409. The bodies stay the same."""
    any_app: bool = True
    """An `appId` that no project was given means the caller's own project."""
    sync_timeout: int = 3_600
    """Seconds that a call with `isAsync` false waits for the end; the job goes on after that. 0: without limit."""
    unknown_parameters: Literal["ignore", "reject"] = "ignore"
    """What becomes of parameters that the job does not declare."""
    max_result_bytes: int = 64 << 20
    """The size of results, as they are kept, above which they are not answered."""
