"""The calls that make executions: start, run, rerun, restart. Each sends one Idempotency-Key, kept over its retries."""

import math
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from runbell.client.answers import Execution
from runbell.client.bound import bind
from runbell.client.call import making
from runbell.client.caller import execution_path, job_path
from runbell.client.effects import Ask, Flow
from runbell.client.idempotency import quoted
from runbell.client.problems import JobFailed, ProblemError
from runbell.client.watching import WatchCalls

MAX_WAIT_S: Final = 300


class StartCalls(WatchCalls):
    """Start jobs, and start ended executions again."""

    @making
    def start(
        self,
        job: str,
        params: Mapping[str, Any] | None = None,
        *,
        kept: Sequence[str] | None = None,
        key: str | None = None,
        key_policy: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
        wait: float | None = None,
        version: int | None = None,
        scopes: Sequence[str] | None = None,
        start_after: str | None = None,
        start_by: str | None = None,
        priority: int | None = None,
        tags: Sequence[str] | None = None,
        timeout_ms: int | None = None,
        callback: Mapping[str, Any] | None = None,
    ) -> Flow[Execution]:
        """Start a job; the execution may be `queued` or, with `wait` (seconds, at most 300), have ended already.

        `key` is the execution's own name, unique in the project; `idempotency_key` makes it safe to send this very
        start again, also from another process.
        `kept` names parameters that take what the last success handed back. Times are RFC 3339. `callback` is told of
        its end: {"url": …}, and `events`, `secret` (docs/webhooks.md). Raises ProblemError.
        """
        given = {
            "params": params, "kept": kept, "key": key, "key_policy": key_policy, "version": version, "scopes": scopes,
            "start_after": start_after, "start_by": start_by, "priority": priority, "tags": tags,
            "timeout_ms": timeout_ms, "callback": callback,
        }  # fmt: skip
        path = f"{job_path(job)}/executions"
        return (yield from self._make(path, given, idempotency_key, wait))

    @making
    def run(
        self,
        job: str,
        params: Mapping[str, Any] | None = None,
        *,
        wait: bool = True,
        key: str | None = None,
        idempotency_key: str | None = None,
        version: int | None = None,
        scopes: Sequence[str] | None = None,
        priority: int | None = None,
        tags: Sequence[str] | None = None,
    ) -> Flow[Execution]:
        """Start a job and wait until it has ended well, with its result (null without the right `results:read`).

        Without `wait` only start it.

        Raises JobFailed, which has the step, its exit code and its last lines, when it ends otherwise; ProblemError.
        """
        given = {
            "params": params, "key": key, "version": version, "scopes": scopes, "priority": priority, "tags": tags,
        }  # fmt: skip
        path = f"{job_path(job)}/executions"
        execution = yield from self._make(path, given, idempotency_key, 30 if wait else None)
        if not wait:
            return execution
        ended = yield from self._until_ended(execution.id, execution)
        if ended.status != "succeeded":
            raise JobFailed(ended)
        if ended.result is None:  # null, or too large to be carried inline
            try:
                result = yield from self._result(ended.id)
            except ProblemError as refused:
                if refused.code != "insufficient_scope":
                    raise
                result = None  # it ran, and well: who may not read what it made is not told that it did not
            if result is not None:
                ended = msgspec.structs.replace(ended, result=result)
                bind(ended, self)
        return ended

    @making
    def rerun(
        self,
        ref: str | int,
        *,
        mode: str = "exact",
        params: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        wait: float | None = None,
        callback: Mapping[str, Any] | None = None,
    ) -> Flow[Execution]:
        """A new execution that runs everything again. `exact`: recorded version and inputs; `current`: today's.

        `callback` is told of the new one, as in `start`; that of the old one is not.
        """
        given = {"mode": mode, "params": params, "callback": callback}
        return (yield from self._make(f"{execution_path(ref)}/rerun", given, idempotency_key, wait))

    @making
    def restart(
        self,
        ref: str | int,
        *,
        from_step: str | None = None,
        idempotency_key: str | None = None,
        wait: float | None = None,
        callback: Mapping[str, Any] | None = None,
    ) -> Flow[Execution]:
        """A new execution that reuses the finished steps of one that failed, was stopped or lost. `callback`: as in
        `start`; that of the old one is not told."""
        given = {"from_step": from_step, "callback": callback}
        return (yield from self._make(f"{execution_path(ref)}/restart", given, idempotency_key, wait))

    def _make(
        self, path: str, given: dict[str, Any], idempotency_key: str | None, wait: float | None
    ) -> Flow[Execution]:
        key = str(uuid.uuid4()) if idempotency_key is None else idempotency_key
        headers = {"Content-Type": "application/json", "Idempotency-Key": quoted(key)}
        seconds = min(math.ceil(wait), MAX_WAIT_S) if wait else 0
        headers["Prefer"] = f"wait={seconds}" if seconds else "respond-async"
        body = msgspec.json.encode({name: value for name, value in given.items() if value is not None})
        ask = Ask(method="POST", path=path, headers=headers, body=body, wait_s=seconds)
        return self._execution((yield from self._send(ask)))

    def _result(self, ref: str | int) -> Flow[Any]:
        answer = yield from self._send(Ask(method="GET", path=f"{execution_path(ref)}/result"))
        return msgspec.json.decode(answer.body) if answer.body else None
