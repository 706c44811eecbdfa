"""The calls that watch one execution until it has ended: long polls that outlive a restart of the server."""

import math
import time
from typing import Final

from runbell.client.answers import Execution
from runbell.client.call import giving, making
from runbell.client.caller import Caller, execution_path
from runbell.client.effects import Ask, Flow, Item, Stream

POLL_S: Final = 50
OUTAGE_S: Final = 120.0


class WatchCalls(Caller):
    """Wait for executions."""

    @making
    def wait(self, ref: str | int, seconds: float | None = None) -> Flow[Execution]:
        """The execution once it has ended, or as it is after so many seconds."""
        return (yield from self._until_ended(ref, None, seconds))

    @giving
    def watch(self, ref: str | int) -> Stream[Execution]:
        """The execution now, then again after every change, until it has ended."""
        etag = ""
        while True:
            query, wait_s = ({"wait": str(POLL_S)}, POLL_S) if etag else ({}, 0)
            headers = {"If-None-Match": etag} if etag else {}
            answer = yield from self._send(
                Ask(method="GET", path=execution_path(ref), query=query, headers=headers, wait_s=wait_s), OUTAGE_S
            )
            if answer.status == 304:
                continue
            execution = self._execution(answer)
            yield Item(execution)
            if execution.ended:
                return
            etag = answer.headers.get("etag", "")

    def _until_ended(self, ref: str | int, known: Execution | None, seconds: float | None = None) -> Flow[Execution]:
        deadline = math.inf if seconds is None else time.monotonic() + seconds
        while known is None or not known.ended:
            wait_s = max(0, min(POLL_S, math.ceil(deadline - time.monotonic()))) if seconds is not None else POLL_S
            query = {"wait": str(wait_s)} if wait_s else {}
            ask = Ask(method="GET", path=execution_path(ref), query=query, wait_s=wait_s)
            known = self._execution((yield from self._send(ask, OUTAGE_S)))
            if time.monotonic() >= deadline:
                break
        return known
