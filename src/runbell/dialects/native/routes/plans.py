"""The routes that foresee and explain. They store nothing."""

from msgspec import structs

from runbell.dialects.native import plans
from runbell.dialects.native.again_shapes import RerunBody, RestartBody
from runbell.dialects.native.plan_shapes import DiffShape, ExplanationShape, PlanShape
from runbell.dialects.native.routes.said import ABSENT, EXECUTION, JOB, KEY, PREFER, TEXT
from runbell.dialects.native.shapes import StartBody
from runbell.domain import faults as f
from runbell.http.route import JSON, Query, Reply, Route


def of_plans() -> list[Route]:
    plan = Route(
        method="POST", path=f"{JOB}/executions:plan", endpoint=plans.start, name="plan_start", scope="executions:run",
        headers=(PREFER, KEY), body=StartBody, summary="What a start would do",
        replies={200: Reply("What would happen; nothing was stored.", {JSON: PlanShape})},
        faults=(f.InvalidParams, f.InvalidDefinition),
    )  # fmt: skip
    again = structs.replace(plan, faults=(*ABSENT, f.InvalidParams, f.InvalidDefinition))
    explain = Route(
        method="GET", path=f"{EXECUTION}/explain", endpoint=plans.explanation, name="explain", scope="executions:read",
        summary="Why it stands where it stands, and what can be done", faults=ABSENT,
        replies={200: Reply("The explanation.", {JSON: ExplanationShape})},
    )  # fmt: skip
    other = Query("with", TEXT, "`current` (default): the job as it is now; or another execution.")
    return [
        plan,
        structs.replace(again, path=f"{EXECUTION}/restart:plan", endpoint=plans.restart, name="plan_restart",
                        body=RestartBody, summary="What a restart would do"),
        structs.replace(again, path=f"{EXECUTION}/rerun:plan", endpoint=plans.rerun, name="plan_rerun",
                        body=RerunBody, summary="What a rerun would do"),
        explain,
        structs.replace(explain, path=f"{EXECUTION}/diff", endpoint=plans.diff, name="diff", query=(other,),
                        summary="What differs from another execution, or from the job as it is now",
                        replies={200: Reply("The differences.", {JSON: DiffShape})}),
    ]  # fmt: skip
