"""The routes of jobs and their versions."""

from typing import Any

from runbell.dialects.native.jobs import Jobs
from runbell.dialects.native.routes.said import API, DEFINED, IF_MATCH, IF_NONE_MATCH, JOB, PAGE, UNLESS_THERE, page
from runbell.dialects.native.shapes import JobShape, JobsPage, VersionShape, VersionsPage
from runbell.dialects.native.urls import JobUrlsShape, Urls
from runbell.domain import faults as f
from runbell.http.route import JSON, Query, Reply, Route


def of_jobs(jobs: Jobs) -> list[Route]:
    """Jobs and their versions."""
    write = (f.InvalidDefinition, f.RevisionMismatch, f.StorageFull)
    put = DEFINED | {201: Reply("A new job.", {JSON: JobShape}, ("ETag", "Location"))}
    return [
        Route(method="GET", path=f"{API}/jobs", endpoint=jobs.page, name="list_jobs", scope="jobs:read", query=PAGE,
              summary="Jobs by name", faults=(f.BadCursor,), replies=page(JobsPage)),
        Route(method="GET", path=JOB, endpoint=jobs.get, name="get_job", scope="jobs:read", headers=(IF_NONE_MATCH,),
              summary="One job", replies=DEFINED | {304: Reply("Unchanged.", {}, ("ETag",))}),
        Route(method="PUT", path=JOB, endpoint=jobs.put, name="put_job", scope="jobs:write",
              headers=(IF_MATCH, UNLESS_THERE),
              body=dict[str, Any], body_required=True, summary="Define a job", faults=write, replies=put),
        Route(method="PATCH", path=JOB, endpoint=jobs.patch, name="patch_job", scope="jobs:write",
              headers=(IF_MATCH,), body=dict[str, Any], body_media="application/merge-patch+json", body_required=True,
              summary="Change members of a definition", faults=(*write, f.PreconditionRequired), replies=DEFINED),
        Route(method="DELETE", path=JOB, endpoint=jobs.retire, name="retire_job", scope="jobs:write",
              headers=(IF_MATCH,), summary="Retire a job", replies=DEFINED,
              faults=(f.RevisionMismatch, f.StorageFull)),
        Route(method="POST", path=f"{JOB}/pause", endpoint=jobs.pause, name="pause_job", scope="jobs:write",
              summary="Hold its executions back", replies=DEFINED, faults=(f.StorageFull,)),
        Route(method="POST", path=f"{JOB}/resume", endpoint=jobs.resume, name="resume_job", scope="jobs:write",
              summary="Let its executions go again", replies=DEFINED, faults=(f.StorageFull,)),
        Route(method="GET", path=f"{JOB}/versions", endpoint=jobs.versions, name="list_versions", scope="jobs:read",
              query=PAGE, summary="Versions of a job, newest first", faults=(f.BadCursor,),
              replies=page(VersionsPage)),
        Route(method="GET", path=f"{JOB}/versions/{{n}}", endpoint=jobs.version, name="get_version", scope="jobs:read",
              summary="One version of a job", replies={200: Reply("The version.", {JSON: VersionShape})}),
    ]  # fmt: skip


def of_urls(urls: Urls) -> list[Route]:
    """The ready calls of a job, at every door."""
    whose = Query("credentials", {"enum": ["token", "key"]}, "What the headers hold: a token (default) or a key.")
    return [
        Route(method="GET", path=f"{JOB}/urls", endpoint=urls.of_job, name="job_urls", scope="jobs:read",
              query=(whose,), summary="The ready calls of a job, at every door",
              replies={200: Reply("As data, and as text to paste.", {JSON: JobUrlsShape})}),
    ]  # fmt: skip
