"""The calls about executions: look, list, read the result, stop, delete."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from runbell.client.answers import Execution, ExecutionItem, StepExecution, StopReport
from runbell.client.call import call, listing, making, stream
from runbell.client.caller import execution_path
from runbell.client.connection import API
from runbell.client.effects import Ask, Flow, Stream
from runbell.client.exchange import read
from runbell.client.starts import StartCalls
from runbell.client.watching import OUTAGE_S, POLL_S


class ExecutionCalls(StartCalls):
    """Everything about executions but their logs."""

    @making
    def execution(self, ref: str | int) -> Flow[Execution]:
        """One execution, by its number, its id, or `key:` and its key. Raises ProblemError `not_found` or `gone`."""
        return self._execution((yield from self._send(Ask(method="GET", path=execution_path(ref)))))

    @listing
    def executions(
        self,
        *,
        status: str | None = None,
        job: str | None = None,
        trigger: str | None = None,
        actor: str | None = None,
        tag: str | None = None,
        key: str | None = None,
        q: str | None = None,
        params: Mapping[str, str] | None = None,
        created_from: str | None = None,
        created_before: str | None = None,
        order: str = "-created_at",
        limit: int = 50,
    ) -> Stream[ExecutionItem]:
        """All executions that fit, newest first; pages of `limit` are fetched as they are needed.

        `status` may name several, separated by commas. Times are RFC 3339. `params` are values of indexed parameters;
        `q` is a number, or what an id, a key or a job's name begins with.
        """
        query = {"status": status, "job": job, "trigger": trigger, "actor": actor, "created_at.gte": created_from,
                 "created_at.lt": created_before, "order": order, "limit": limit, "tag": tag, "key": key,
                 "q": q}  # fmt: skip
        query |= {f"params.{name}": value for name, value in (params or {}).items()}
        yield from self._pages(f"{API}/executions", ExecutionItem, query)

    @stream
    def steps(self, ref: str | int) -> Stream[StepExecution]:
        """Every attempt of every step and scope, in file order."""
        yield from self._pages(f"{execution_path(ref)}/steps", StepExecution, {})

    @call
    def result(self, ref: str | int) -> Flow[Any]:
        """The result, a JSON value; large ones, which an execution does not carry inline, too."""
        return (yield from self._result(ref))

    @call
    def stop(self, ref: str | int, *, kill: bool = False, reason: str = "", wait: bool = True) -> Flow[StopReport]:
        """Ask it to stop (`kill`: without grace). With `wait`, the answer is the proof that no process is left."""
        path = f"{execution_path(ref)}/stop"
        body = msgspec.json.encode({"mode": "kill" if kill else "graceful", "reason": reason})
        headers = {"Content-Type": "application/json"}
        query, wait_s = ({"wait": "30"}, 30) if wait else ({}, 0)
        ask = Ask(method="POST", path=path, query=query, headers=headers, body=body, wait_s=wait_s)
        report = read((yield from self._send(ask)), StopReport)
        while wait and report.outcome == "pending":
            ask = Ask(method="GET", path=path, query={"wait": str(POLL_S)}, wait_s=POLL_S)
            report = read((yield from self._send(ask, OUTAGE_S)), StopReport)
        return report

    @call
    def label(
        self, ref: str | int, *, tags: Sequence[str] | None = None, pinned: bool | None = None
    ) -> Flow[Execution]:
        """Change its tags, or pin it so that retention leaves it alone; None leaves things as they are."""
        said = {name: value for name, value in (("tags", tags), ("pinned", pinned)) if value is not None}
        headers = {"Content-Type": "application/json"}
        ask = Ask(method="PATCH", path=execution_path(ref), headers=headers, body=msgspec.json.encode(said))
        return read((yield from self._send(ask)), Execution)

    @call
    def delete(self, ref: str | int) -> Flow[None]:
        """Delete an execution that has ended, with its log and its files. Raises ProblemError `not_finished`."""
        yield from self._send(Ask(method="DELETE", path=execution_path(ref)))
