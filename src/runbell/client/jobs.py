"""The calls about jobs."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from runbell.client.answers import Job, JobItem, JobUrls, JobVersion, JobVersionItem
from runbell.client.call import call, stream
from runbell.client.caller import POSTMAN, Caller, job_path
from runbell.client.connection import API
from runbell.client.effects import Ask, Flow, Stream
from runbell.client.exchange import read


class JobCalls(Caller):
    """Define jobs, look at them, retire them."""

    @call
    def job(self, name: str) -> Flow[Job]:
        """The job of that name, with its definition. Raises ProblemError `not_found`."""
        return (yield from self._get(job_path(name), Job))

    @stream
    def jobs(self) -> Stream[JobItem]:
        """All jobs, by name, without their definitions."""
        yield from self._pages(f"{API}/jobs", JobItem, {})

    @call
    def put_job(self, definition: Mapping[str, Any], *, if_revision: int | None = None) -> Flow[Job]:
        """Define a job (the members of `docs/jobs.md`). The same content again changes nothing.

        `if_revision`: only when the job still has that revision. Raises ProblemError `invalid_definition`, with one
        entry per fault, or `revision_mismatch`.
        """
        headers = {"Content-Type": "application/json"}
        if if_revision is not None:
            headers["If-Match"] = f'"{if_revision}"'
        body = msgspec.json.encode(definition)
        path = job_path(str(definition.get("job", "")))
        ask = Ask(method="PUT", path=path, headers=headers, body=body, harmless=if_revision is None)
        return read((yield from self._send(ask)), Job)

    @call
    def job_urls(self, name: str, *, credentials: str = "token") -> Flow[JobUrls]:
        """The calls that start a job, look at it and stop it, ready to send, at every door of the server.

        `credentials`: whether their headers name a token or an API key (`key`).
        """
        return (yield from self._get(f"{job_path(name)}/urls", JobUrls, credentials=credentials))

    @call
    def postman(self, job: str | None = None, *, after: str | None = None) -> Flow[dict[str, Any]]:
        """A Postman collection of one job, or of those that can be started over the API, at most 100 by name.

        `after`: of the jobs after that name; the collection before says so in its own name when there are more.
        """
        path = POSTMAN if job is None else f"{POSTMAN}/{quote(job, safe='')}"
        return (yield from self._get(f"{path}.json", dict[str, Any], after=after))

    @call
    def pause_job(self, name: str) -> Flow[Job]:
        """Hold its executions back; what runs goes on. Again is the same."""
        return read((yield from self._send(Ask(method="POST", path=f"{job_path(name)}/pause"))), Job)

    @call
    def resume_job(self, name: str) -> Flow[Job]:
        """Let its executions go again. Again is the same."""
        return read((yield from self._send(Ask(method="POST", path=f"{job_path(name)}/resume"))), Job)

    @call
    def retire_job(self, name: str) -> Flow[None]:
        """No new starts; its history stays. Defining it again revives it."""
        yield from self._send(Ask(method="DELETE", path=job_path(name)))

    @stream
    def versions(self, name: str) -> Stream[JobVersionItem]:
        """The versions of a job that are still kept, newest first."""
        yield from self._pages(f"{job_path(name)}/versions", JobVersionItem, {})

    @call
    def version(self, name: str, number: int) -> Flow[JobVersion]:
        """One version of a job, with its definition."""
        return (yield from self._get(f"{job_path(name)}/versions/{number}", JobVersion))
