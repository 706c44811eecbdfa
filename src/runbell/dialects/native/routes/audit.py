"""The routes of the audit log."""

from runbell.dialects.native.audit import Audit, AuditLine, AuditLines, ChainShape
from runbell.dialects.native.logs import NDJSON
from runbell.dialects.native.routes.said import API, COUNT, PAGE, TEXT, TIME, page
from runbell.domain import faults as f
from runbell.http.route import JSON, Query, Reply, Route


def of_audit(audit: Audit) -> list[Route]:
    filters = (
        Query("actor", TEXT, "Who: `key:NAME`, `client:ID`, `user:NAME`, `file`, `runbell`, `anonymous`."),
        Query("action", TEXT, "What: `jobs.put`, `executions.start`, …; of a refusal the name of the route."),
        Query("object", TEXT, "To whom: a job's name, an execution's id; of a refusal the path."),
        Query("outcome", {"enum": ["done", "denied"]}, "What was done, or what was refused."),
        Query("since", TIME, "At this moment or later."), Query("before", TIME, "Before this moment."),
    )  # fmt: skip
    after = Query("after", COUNT, "Go on after the line with this `seq`.")
    return [
        Route(method="GET", path=f"{API}/audit", endpoint=audit.page, name="list_audit", scope="audit:read",
              query=(*filters, *PAGE), summary="The audit log, newest first", faults=(f.BadCursor,),
              replies=page(AuditLines)),
        Route(method="GET", path=f"{API}/audit/export", endpoint=audit.export, name="export_audit", scope="audit:read",
              query=(after,), summary="The audit log as NDJSON, oldest first",
              replies={200: Reply("One line after the other.", {NDJSON: AuditLine})}),
        Route(method="GET", path=f"{API}/audit:check", endpoint=audit.check, name="check_audit", scope="audit:read",
              query=(after, Query("head", TEXT, "The hash of that line.")),
              summary="Walk along the chain of the audit log; says where it is broken",
              replies={200: Reply("What was found.", {JSON: ChainShape})}),
    ]  # fmt: skip
