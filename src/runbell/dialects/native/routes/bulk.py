"""The routes of one action on many executions, of the queue and of the workers."""

from runbell.dialects.native import house
from runbell.dialects.native.bulk import BulkBody, BulkPreview, Bulks, BulkShape
from runbell.dialects.native.house import QueuePage, WorkersPage
from runbell.dialects.native.routes.said import API, KEY, PAGE, PREFER
from runbell.domain import faults as f
from runbell.http.route import JSON, Reply, Route


def of_bulks(bulks: Bulks) -> list[Route]:
    """One action on many executions: preview, begin, look, cancel."""
    one = f"{API}/bulk/{{bulk}}"
    began = Reply("Accepted, and on disk; it goes on behind this answer.", {JSON: BulkShape},
                  ("Location", "Retry-After", "Idempotent-Replayed"))  # fmt: skip
    return [
        Route(method="POST", path=f"{API}/executions:bulk", endpoint=bulks.begin, name="bulk", scope="executions:read",
              headers=(PREFER, KEY), body=BulkBody, body_required=True,
              summary="Stop, rerun, restart or delete what a filter names; needs the action's right, too",
              faults=(f.IdempotencyKeyReused, f.StorageFull),
              replies={200: Reply("What it would be about.", {JSON: BulkPreview}), 202: began}),
        Route(method="GET", path=one, endpoint=bulks.get, name="get_bulk", scope="executions:read", query=PAGE,
              summary="How far it is, with one result per execution", faults=(f.NotFound, f.BadCursor),
              replies={200: Reply("As it is.", {JSON: BulkShape}, ("Link", "Retry-After"))}),
        Route(method="POST", path=f"{one}:cancel", endpoint=bulks.cancel, name="cancel_bulk", scope="executions:read",
              summary="Go no further; what is done stays done", faults=(f.NotFound, f.StorageFull),
              replies={200: Reply("As it is now.", {JSON: BulkShape})}),
    ]  # fmt: skip


def of_house() -> list[Route]:
    """The queue and the workers."""
    return [
        Route(method="GET", path=f"{API}/queue", endpoint=house.queue, name="get_queue", scope="jobs:read",
              summary="What waits, job by job, and why", replies={200: Reply("The queue.", {JSON: QueuePage})}),
        Route(method="GET", path=f"{API}/workers", endpoint=house.workers, name="list_workers", scope="jobs:read",
              summary="Who runs things, and what", replies={200: Reply("The workers.", {JSON: WorkersPage})}),
    ]  # fmt: skip
