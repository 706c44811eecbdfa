"""A step of kind `http`: a request, perhaps asked again until something is so. What was answered is the result."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runbell.authoring.context import Context
from runbell.egress.call import Answer, Call
from runbell.egress.destination import read_url
from runbell.egress.outlet import Outlet
from runbell.egress.patience import asked_to_wait
from runbell.egress.policy import read_policy
from runbell.egress.trouble import Refused, Unreached
from runbell.runners.kinds import StepFailed
from runbell.runners.kinds.http_answers import beginning, content, phrase, told
from runbell.runners.kinds.http_body import body_of
from runbell.runners.kinds.http_saving import Saving
from runbell.runners.kinds.http_waiting import Waiting


def run(ctx: Context, task: dict[str, Any]) -> dict[str, Any]:
    """Make the call. Raises StepFailed. A stop raises through everything here, and the connection is closed by that."""
    return asyncio.run(_run(ctx, task))


async def _run(ctx: Context, task: dict[str, Any]) -> dict[str, Any]:
    reach = task["egress"]
    policy = read_policy(reach["allow"], http=reach["http"])
    authorities = Path(reach["ca"]) if reach["ca"] else None
    async with Outlet(policy, authorities=authorities) as way:
        return await Errand(ctx, way, task).run()


class Errand:
    """One step's calls."""

    def __init__(self, ctx: Context, way: Outlet, task: dict[str, Any]) -> None:
        self._ctx = ctx
        self._way = way
        self._task = task

    async def run(self) -> dict[str, Any]:
        """The step's result. Raises StepFailed."""
        headers, body = body_of(self._task)
        call = Call(
            url=self._task["url"], method=self._task["method"], headers=headers, body=body,
            seconds=self._task["timeout_ms"] / 1000, answer_bytes=self._task["answer_bytes"],
            redirects=self._task["redirects"], connect_seconds=min(10.0, self._task["timeout_ms"] / 1000),
        )  # fmt: skip
        try:
            if self._task["save"] is not None:
                return await self._save(call)
            answer = await self.ask(call)
            self.insist(call, answer)
            if self._task["until"] is not None:
                answer = await Waiting(self._ctx, self._task, self.ask, self.insist).until(call, answer)
            return self._result(answer, {"body": content(answer)})
        except Unreached as trouble:
            raise StepFailed(f"{named(call)} failed. {trouble}") from None

    async def ask(self, call: Call, sink: Callable[[bytes], object] | None = None) -> Answer:
        """One request and its answer, with a line in the log. Raises StepFailed for a forbidden one, Unreached."""
        try:
            answer = await self._way.send(call, sink)
        except Refused as refused:
            raise StepFailed(f"{named(call)} was not sent. {refused}") from None
        size = f"{answer.size} bytes" if answer.whole else f"more than {answer.size} bytes"
        self._ctx.log(f"{named(call)} → {phrase(answer.status)} in {answer.seconds * 1000:.0f} ms, {size}")
        return answer

    def insist(self, call: Call, answer: Answer) -> None:
        """The status is one of those expected, and the answer is whole. Raises StepFailed."""
        expected = self._task["expect"]
        if answer.status not in expected and f"{answer.status // 100}xx" not in expected:
            raise self._unexpected(call, answer)
        if not answer.whole:
            raise StepFailed(
                f"{named(call)} answered with more than {answer.size} bytes; "
                "`answer: 10MiB` takes more (32MiB at most), `save: NAME` keeps any size as a file."
            )

    def _unexpected(self, call: Call, answer: Answer) -> StepFailed:
        if text := beginning(answer):
            self._ctx.log(f"The answer begins: {text}")
        wait = asked_to_wait(answer, time.time())
        said = (
            f"{named(call)} answered {phrase(answer.status)}, expected was {', '.join(map(str, self._task['expect']))}."
        )
        if 300 <= answer.status < 400 and answer.header("location"):
            said += " It redirects; `redirects: 1` follows, if that is wanted."
        return StepFailed(said, again_in_ms=None if wait is None else round(wait * 1000))

    async def _save(self, call: Call) -> dict[str, Any]:
        with Saving(self._ctx, self._task["save"]) as saving:
            answer = await self.ask(call, saving.take)
            self.insist(call, answer)
            if 200 <= answer.status < 300:
                return self._result(answer, saving.kept())
            return self._result(answer, {"file": None, "body": content(answer)})

    def _result(self, answer: Answer, rest: dict[str, Any]) -> dict[str, Any]:
        return {"status": answer.status, "headers": told(answer, self._task["keep_headers"]), **rest}


def named(call: Call) -> str:
    """The call as a person calls it, without its query."""
    try:
        return f"{call.method} {read_url(call.url).shown}"
    except Refused:
        return f"{call.method} (a URL that cannot be read)"
