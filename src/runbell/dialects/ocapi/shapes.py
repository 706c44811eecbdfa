"""The documents of the Jobs resource, members in the order in which they are written: `_v`, `_type`,
`_resource_state`, then by name.

https://sfcclearning.com/infocenter/OCAPI/current/data/Documents/JobExecution.php and its siblings. No member is ever
null: what has no value is left out. With `select` any member may be left out but `_v` and `_type`.
"""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType, field

Text = str | UnsetType
Number = int | UnsetType
Flag = bool | UnsetType


class StatusDocument(Struct, frozen=True, kw_only=True):
    """How something ended. A job leaves an empty message out, a step does not."""

    type: Literal["status"] = field(name="_type", default="status")
    code: Text = UNSET
    message: Text = UNSET
    status: Literal["ok", "error"] | UnsetType = UNSET


class ParameterDocument(Struct, frozen=True, kw_only=True):
    """A parameter that an execution was given."""

    type: Literal["job_execution_parameter"] = field(name="_type", default="job_execution_parameter")
    name: Text = UNSET
    value: Text = UNSET


class StatusMetadata(Struct, frozen=True, kw_only=True):
    """Who asked for the stop, and why (20.1 and later)."""

    type: Literal["status_metadata"] = field(name="_type", default="status_metadata")
    client_id: Text = UNSET
    reason: Text = UNSET
    user_login: Text = UNSET


class StepDocument(Struct, frozen=True, kw_only=True):
    """One step for one scope."""

    type: Literal["job_step_execution"] = field(name="_type", default="job_step_execution")
    duration: Number = UNSET
    end_time: Text = UNSET
    execution_scope: Text = UNSET
    execution_status: Text = UNSET
    exit_status: StatusDocument | UnsetType = UNSET
    id: Text = UNSET
    include_steps_from_job_id: Text = UNSET
    modification_time: Text = UNSET
    start_time: Text = UNSET
    status: Text = UNSET
    step_description: Text = UNSET
    step_id: Text = UNSET
    step_type_id: Text = UNSET
    step_type_info: Text = UNSET


class ExecutionDocument(Struct, frozen=True, kw_only=True):
    """One execution of a job."""

    v: Text = field(name="_v", default=UNSET)
    type: Literal["job_execution"] = field(name="_type", default="job_execution")
    resource_state: Text = field(name="_resource_state", default=UNSET)
    client_id: Text = UNSET
    creation_date: Text = UNSET
    duration: Number = UNSET
    effective_duration: Number = UNSET
    end_time: Text = UNSET
    execution_scopes: list[str] | UnsetType = UNSET
    execution_status: Text = UNSET
    exit_status: StatusDocument | UnsetType = UNSET
    id: Text = UNSET
    is_log_file_existing: Flag = UNSET
    is_restart: Flag = UNSET
    job_description: Text = UNSET
    job_id: Text = UNSET
    last_modified: Text = UNSET
    log_file_name: Text = UNSET
    log_file_path: Text = UNSET
    modification_time: Text = UNSET
    parameters: list[ParameterDocument] | UnsetType = UNSET
    start_time: Text = UNSET
    status: Text = UNSET
    status_metadata: StatusMetadata | UnsetType = UNSET
    step_executions: list[StepDocument] | UnsetType = UNSET
    user_login: Text = UNSET


class ListDocument(Struct, frozen=True, kw_only=True):
    """Some executions of a job, newest first; `next` and `previous` are addresses."""

    v: Text = field(name="_v", default=UNSET)
    type: Literal["job_execution_result"] = field(name="_type", default="job_execution_result")
    count: Number = UNSET
    data: list[ExecutionDocument] | UnsetType = UNSET
    next: Text = UNSET
    previous: Text = UNSET
    start: Number = UNSET
    total: Number = UNSET


class SearchPage(Struct, frozen=True, kw_only=True):
    """Where another page of a search begins."""

    type: Literal["result_page"] = field(name="_type", default="result_page")
    count: Number = UNSET
    start: Number = UNSET


class SortDocument(Struct, frozen=True, kw_only=True):
    """What a search was sorted by."""

    type: Literal["sort"] = field(name="_type", default="sort")
    field: Text = UNSET
    sort_order: Text = UNSET


class SearchDocument(Struct, frozen=True, kw_only=True):
    """What a search found."""

    v: Text = field(name="_v", default=UNSET)
    type: Literal["job_execution_search_result"] = field(name="_type", default="job_execution_search_result")
    count: Number = UNSET
    hits: list[ExecutionDocument] | UnsetType = UNSET
    next: SearchPage | UnsetType = UNSET
    previous: SearchPage | UnsetType = UNSET
    query: dict[str, Any] | UnsetType = UNSET
    select: Text = UNSET
    sorts: list[SortDocument] | UnsetType = UNSET
    start: Number = UNSET
    total: Number = UNSET


class SearchBody(Struct, frozen=True, kw_only=True):
    """A search (`search_request`)."""

    query: dict[str, Any]
    count: int = 25
    start: int = 0
    sorts: list[dict[str, Any]] | None = None
    select: str | None = None
    expand: list[str] | None = None
    record: int = field(name="db_start_record_", default=0)


class StartBody(Struct, frozen=True, kw_only=True):
    """What to start a job with (`job_execution_request`). A system job takes an object of its own."""

    parameters: list[dict[str, Any]] | None = None


class Fault(Struct, frozen=True, kw_only=True):
    """Why nothing was done. `arguments` are texts, or objects with `type` and `value`."""

    arguments: dict[str, Any]
    type: str
    message: str


class FaultDocument(Struct, frozen=True, kw_only=True):
    """A failure: https://sfcclearning.com/infocenter/OCAPI/current/data/Documents/Fault.php."""

    v: Text = field(name="_v", default=UNSET)
    fault: Fault


class MetaDocument(Struct, frozen=True, kw_only=True):
    """That there is an API here."""

    v: str = field(name="_v", default="1")
    type: str = field(name="_type", default="api_meta")


class TokenDocument(Struct, frozen=True, kw_only=True):
    """A token: https://sfcclearning.com/infocenter/OCAPI/current/usage/OAuth.php."""

    access_token: str
    scope: Text = UNSET
    token_type: Text = UNSET
    expires_in: int
    refresh_token: Text = UNSET
    id_token: Text = UNSET


class TokenError(Struct, frozen=True, kw_only=True):
    """Why there is no token."""

    error_description: Text = UNSET
    error: Text = UNSET
