"""The calls that foresee and explain; they change nothing: plan, plan_restart, plan_rerun, explain, diff."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from runbell.client.call import call
from runbell.client.caller import Caller, execution_path, job_path
from runbell.client.effects import Ask, Flow
from runbell.client.exchange import read
from runbell.client.idempotency import quoted
from runbell.client.insights import Diff, Explanation, Plan


class ForeseeingCalls(Caller):
    """What would happen, why something stands where it stands, and what differs."""

    @call
    def plan(
        self,
        job: str,
        params: Mapping[str, Any] | None = None,
        *,
        kept: Sequence[str] | None = None,
        key: str | None = None,
        key_policy: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
        version: int | None = None,
        scopes: Sequence[str] | None = None,
        start_after: str | None = None,
        start_by: str | None = None,
        priority: int | None = None,
    ) -> Flow[Plan]:
        """What `start` would do with this; nothing is stored. Raises ProblemError for what it would call invalid."""
        given = {
            "params": params, "kept": kept, "key": key, "key_policy": key_policy, "version": version,
            "scopes": scopes, "start_after": start_after, "start_by": start_by, "priority": priority,
        }  # fmt: skip
        return (yield from self._foresee(f"{job_path(job)}/executions:plan", given, idempotency_key))

    @call
    def plan_restart(self, ref: str | int, *, from_step: str | None = None) -> Flow[Plan]:
        """What `restart` would do: which steps it would reuse, and which run again."""
        return (yield from self._foresee(f"{execution_path(ref)}/restart:plan", {"from_step": from_step}))

    @call
    def plan_rerun(self, ref: str | int, *, mode: str = "exact", params: Mapping[str, Any] | None = None) -> Flow[Plan]:
        """What `rerun` would do, and what would be different from the execution."""
        return (yield from self._foresee(f"{execution_path(ref)}/rerun:plan", {"mode": mode, "params": params}))

    @call
    def explain(self, ref: str | int) -> Flow[Explanation]:
        """Why an execution stands where it stands, and what can be done."""
        return (yield from self._get(f"{execution_path(ref)}/explain", Explanation))

    @call
    def diff(self, ref: str | int, other: str | int = "current") -> Flow[Diff]:
        """What differs from another execution, or (`current`) from the job as it is defined now."""
        return (yield from self._get(f"{execution_path(ref)}/diff", Diff, **{"with": str(other)}))

    def _foresee(self, path: str, given: dict[str, Any], idempotency_key: str | None = None) -> Flow[Plan]:
        headers = {"Content-Type": "application/json"}
        if idempotency_key is not None:
            headers["Idempotency-Key"] = quoted(idempotency_key)
        body = msgspec.json.encode({name: value for name, value in given.items() if value is not None})
        return read((yield from self._send(Ask(method="POST", path=path, headers=headers, body=body))), Plan)
