"""Asking again until the answer says what is waited for: `until` of a step of kind `http`."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import quote, urljoin

from msgspec import UNSET
from msgspec.structs import replace

from runbell.authoring.context import Context
from runbell.domain.fill_in import member_of
from runbell.egress.call import Answer, Call
from runbell.egress.destination import read_url
from runbell.egress.patience import asked_to_wait
from runbell.egress.trouble import Refused, Unreached
from runbell.runners.kinds import StepFailed
from runbell.runners.kinds.http_answers import decoded

PASSED_OVER: Final = 5
"""So many polls in a row may come to nothing (no connection, 429, 5xx) before the step fails."""


class Waiting:
    """The polls of one step."""

    def __init__(
        self,
        ctx: Context,
        task: dict[str, Any],
        ask: Callable[[Call], Awaitable[Answer]],
        insist: Callable[[Call, Answer], None],
    ) -> None:
        self._ctx = ctx
        self._task = task
        self._rule = task["until"]
        self._path = ".".join(self._rule["path"])
        self._ask = ask
        self._insist = insist
        self._ends = time.monotonic() + self._rule["timeout_ms"] / 1000
        self._seen = "nothing yet"

    async def until(self, call: Call, answer: Answer) -> Answer:
        """The answer that ended the waiting. Raises StepFailed for a value of `fail` or when time is up, Unreached
        when too many polls came to nothing."""
        if self._is_so(call, answer):
            return answer
        poll = self._next_call(call, answer)
        polls = missed = 0
        while True:
            await self._pause(answer)
            polls += 1
            try:
                answer = await self._ask(poll)
                if answer.status == 429 or answer.status >= 500:
                    missed += 1
                    if missed >= PASSED_OVER:
                        self._insist(poll, answer)
                    continue
                self._insist(poll, answer)
            except Unreached as trouble:
                missed += 1
                if missed >= PASSED_OVER:
                    raise
                self._ctx.log(f"{trouble} Asking again.")
                continue
            missed = 0
            if self._is_so(poll, answer):
                return answer
            self._ctx.progress(polls, None, f"{self._path}: {self._seen}")

    def _is_so(self, call: Call, answer: Answer) -> bool:
        value = decoded(answer)
        for member in self._rule["path"]:
            value = member_of(value, member)
        self._seen = "not there" if value is UNSET else repr(value)[:100]
        if any(_same(value, bad) for bad in self._rule["fail"]):
            raise StepFailed(
                f"{self._path} became {self._seen}, which `until.fail` names ({call.method} {_shown(call)})."
            )
        return any(_same(value, good) for good in self._rule["in"])

    async def _pause(self, answer: Answer) -> None:
        """Until the next poll is due. Raises StepFailed when the time is over before that."""
        pause = max(self._rule["every_ms"] / 1000, asked_to_wait(answer, time.time()) or 0)
        left = self._ends - time.monotonic()
        if pause >= left:
            await asyncio.sleep(max(left, 0))
            wanted = ", ".join(repr(value) for value in self._rule["in"])
            limit = self._rule["timeout_ms"] / 1000
            raise StepFailed(
                f"{self._path} was {self._seen} after {limit:g} s, and not {wanted}; `until.timeout` waits longer."
            )
        await asyncio.sleep(pause)

    def _next_call(self, call: Call, answer: Answer) -> Call:
        """What is asked from now on: `until.url`, else the same again if that changes nothing, else the Location."""
        method = self._rule["method"]
        keeps_body = method == call.method
        again = replace(
            call, method=method, body=call.body if keeps_body else b"",
            headers=tuple(pair for pair in call.headers if keeps_body or pair[0].lower() != "content-type"),
        )  # fmt: skip
        if "until_url" in self._task:
            return replace(again, url=self._filled(answer))
        if method == call.method and call.method in ("GET", "HEAD", "OPTIONS"):
            return again
        location = answer.header("location")
        if not location:
            raise StepFailed(
                f"{call.method} {_shown(call)} names no place to ask how things stand (Location); write `until.url`."
            )
        there = replace(again, url=urljoin(call.url, location))
        try:
            elsewhere = read_url(there.url).origin != read_url(call.url).origin
        except Refused as refused:
            raise StepFailed(f"{call.method} {_shown(call)} names a Location that cannot be asked. {refused}") from None
        # A place that the author did not name gets nothing of what may be a credential.
        return replace(there, headers=()) if elsewhere else there

    def _filled(self, answer: Answer) -> str:
        value = decoded(answer)
        pieces: list[str] = []
        for place, piece in enumerate(self._task["until_url"]):
            if isinstance(piece, str):
                pieces.append(piece)
                continue
            found = value
            for member in piece:
                found = member_of(found, member)
            if found is UNSET or found is None or isinstance(found, dict | list):
                said = f"The first answer holds no `{'.'.join(piece)}` to fill into `until.url`; look at what it says."
                raise StepFailed(said)
            text = found if isinstance(found, str) else str(found).lower() if isinstance(found, bool) else str(found)
            pieces.append(quote(text, safe="") if place else text)
        return "".join(pieces)


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON values: true is not 1, and "1" is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _shown(call: Call) -> str:
    return read_url(call.url).shown
