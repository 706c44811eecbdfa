"""The endpoint for the result of an execution: the JSON value that a step returned."""

from runbell.dialects.native.execution_wire import reference
from runbell.domain.faults import NotFound
from runbell.http.answer import JSON_TYPE, Answer
from runbell.http.request import Request
from runbell.operations import output


async def get(request: Request) -> Answer:
    """The result; 204 when the execution has ended without one."""
    execution, value = await output.result(request.ports, request.actor, reference(request.values["id"]))
    if value is not None:
        return Answer(200, [JSON_TYPE, (b"cache-control", b"private, no-cache")], value)
    if not execution.status.terminal:
        raise NotFound(f"Execution {execution.number} is {execution.status}; its result comes with its end.")
    return Answer(204, [])
