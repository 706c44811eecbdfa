"""The routes of schedules."""

from runbell.dialects.native import schedules
from runbell.dialects.native.routes.said import COUNT, DEFINED, FLAG, IF_MATCH, IF_NONE_MATCH, JOB, TIME
from runbell.dialects.native.schedule_shapes import PreviewShape, ScheduleBody, ScheduleShape
from runbell.domain import faults as f
from runbell.http.route import JSON, Query, Reply, Route

SCHEDULE = f"{JOB}/schedule"


def of_schedules() -> list[Route]:
    set_up = {200: Reply("The schedule.", {JSON: ScheduleShape}, ("ETag",))}
    write = (f.InvalidDefinition, f.RevisionMismatch, f.StorageFull)
    asked = (
        Query("count", COUNT, "How many; 0 or absent 10, at most 200."),
        Query("from", TIME, "Those after that moment; default: now."),
    )
    shown = {200: Reply("The next fire times.", {JSON: PreviewShape})}
    keep = Query("keep", FLAG, "Leave it in the definition, switched off (`starts: api`).", blank=True)
    return [
        Route(method="GET", path=SCHEDULE, endpoint=schedules.get, name="get_schedule", scope="jobs:read",
              headers=(IF_NONE_MATCH,), summary="When a job starts by itself",
              replies=set_up | {304: Reply("Unchanged.", {}, ("ETag",))}),
        Route(method="PUT", path=SCHEDULE, endpoint=schedules.put, name="put_schedule", scope="schedules:write",
              headers=(IF_MATCH,), body=ScheduleBody, body_required=True, replies=set_up, faults=write,
              summary="Set it; the job runs on it alone from then on"),
        Route(method="DELETE", path=SCHEDULE, endpoint=schedules.clear, name="clear_schedule", scope="schedules:write",
              headers=(IF_MATCH,), query=(keep,), replies=DEFINED, faults=(f.RevisionMismatch, f.StorageFull),
              summary="End it; the job is started over the API from then on"),
        Route(method="POST", path=f"{SCHEDULE}/pause", endpoint=schedules.pause, name="pause_schedule",
              scope="schedules:write", replies=set_up, faults=(f.RevisionMismatch, f.StorageFull),
              summary="It fires no more until it is resumed"),
        Route(method="POST", path=f"{SCHEDULE}/resume", endpoint=schedules.resume, name="resume_schedule",
              scope="schedules:write", replies=set_up, faults=(f.RevisionMismatch, f.StorageFull),
              summary="It goes on; what fell into the pause is not made up for"),
        Route(method="GET", path=f"{SCHEDULE}:preview", endpoint=schedules.preview, name="next_fires",
              scope="jobs:read", query=asked, replies=shown, summary="The next fire times of a job"),
        Route(method="POST", path=f"{SCHEDULE}:preview", endpoint=schedules.preview, name="preview_schedule",
              scope="jobs:read", query=asked, body=ScheduleBody, replies=shown, faults=(f.InvalidDefinition,),
              summary="The next fire times of a schedule that is not saved; without a body, of the job's own"),
    ]  # fmt: skip
