"""Where a call leads: to a scenario of an app, or to a job of it.

An app is a project. One that the caller may not see is not there; then, with the setting `any_app`, the caller's own
project serves, whatever number its scripts have in them. A job remembers the number that it was started with.
"""

from typing import Final

from runbell.dialects.infolink.call import call_of
from runbell.dialects.infolink.options import Options
from runbell.dialects.infolink.reading import Execute
from runbell.domain.execution import Execution
from runbell.http.request import Request
from runbell.operations import foreign
from runbell.ports.job_table import JobRecord

NAME: Final = "infolink"
APP: Final = "app"
"""Under which name an execution remembers the app that it was started in."""


async def enter(request: Request, app: str, options: Options) -> bool:
    """From here on the request is about that app's project. False: it is only the caller's own. Raises NotFound."""
    call_of(request).seeking = "app"
    project = await foreign.project_known(request.ports, request.principal, NAME, app)
    if project is None and not options.any_app:
        raise foreign.nothing("app")
    request.act_in(project or request.principal.home)
    return project is not None


async def scenario(request: Request, asked: Execute) -> JobRecord:
    """The job that a call asks to run, which the caller may run. Raises NotFound, InsufficientScope."""
    call, project = call_of(request), request.actor.project
    if asked.scenario is None:
        call.seeking = "operation"
        record = await foreign.job_saying(request.ports, NAME, "operation", asked.name, project)
    else:
        call.seeking = "scenario"
        record = await foreign.job_named(request.ports, NAME, asked.scenario, project)
    await foreign.visible_job(request.principal, request.actor, record)
    request.need("executions:run", record.name)
    return record


async def job(request: Request, app: str, job_id: str, options: Options, scope: str) -> Execution:
    """A job of an app by the caller's own id or its GUID, for whoever has that right. Raises NotFound and the like."""
    assigned = await enter(request, app, options)
    call_of(request).seeking = "job"
    execution = await foreign.execution_called(request.ports, request.actor, job_id)
    of_app = (execution.about or {}).get(APP) if execution.trigger.surface == NAME else None
    if not assigned and of_app not in (None, app):
        raise foreign.nothing("job")
    request.need(scope, execution.job)
    return execution
