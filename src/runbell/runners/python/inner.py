"""`@step` calls inside a Python job: written down before they begin and after they ended; kept ones do not run."""

import functools
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from runbell.authoring.context import Stopped
from runbell.authoring.signature import hints_of
from runbell.authoring.steps import StepOptions, StepTimedOut
from runbell.domain.execution import Error, StepExecution
from runbell.domain.job import OnLost
from runbell.domain.status import ERROR, OK, TIMEOUT, ExitStatus, StepStatus
from runbell.ports.runner import InnerStep, StepOrder
from runbell.runners.hand.ladder import now_ms
from runbell.runners.hand.masks import Masks
from runbell.runners.hand.results import BadResult
from runbell.runners.python.values import from_json, keep_value
from runbell.runners.wire import Within

_DONE: Final = (StepStatus.SUCCEEDED, StepStatus.REUSED)


class InnerSteps:
    """Records the steps of one running job. `tell` sends a message; `write_down` also waits until it is on record."""

    def __init__(
        self, order: StepOrder, write_down: Callable[[InnerStep], None], tell: Callable[[Within], None]
    ) -> None:
        self._order = order
        self._masks = Masks.of(order)
        self._write_down = write_down
        self._tell = tell
        self._calls: Counter[str] = Counter()
        self._kept = {each.name: each for each in order.kept if _settled(each)}
        self._attempts: Counter[str] = Counter()
        for each in order.kept:
            self._attempts[each.name] = max(self._attempts[each.name], each.attempt)
        self._inside = False

    def __call__(
        self, options: StepOptions, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Run the step, or answer its kept result. A step called by a step is part of it."""
        if self._inside:
            return function(*args, **kwargs)
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(f"The step {options.name} was called from a thread; call it from the job itself.")
        self._calls[options.name] += 1
        count = self._calls[options.name]
        name = options.name if count == 1 else f"{options.name}#{count}"
        kept = self._kept.get(name)
        if kept is not None:
            return self._result_of(kept, function)
        self._inside = True
        try:
            with self._limited(name, options.timeout_ms):
                return self._attempt(name, options, functools.partial(function, *args, **kwargs))
        finally:
            self._inside = False

    def _attempt(self, name: str, options: StepOptions, run: Callable[[], Any]) -> Any:
        retry = options.retry
        wait_ms = float(retry.delay_ms)
        for tries_left in range(retry.attempts - 1, -1, -1):
            self._attempts[name] += 1
            begun = StepExecution(
                name=name, kind="python", scope=self._order.scope, attempt=self._attempts[name], inner=True,
                status=StepStatus.RUNNING, started_at=now_ms(), on_lost=options.on_lost,
            )  # fmt: skip
            self._write_down(InnerStep(begun))
            try:
                value = run()
                result = keep_value(self._order.home, value, name, self._masks)
            except Stopped:
                raise
            except BaseException as wrong:
                self._ended(begun, StepStatus.FAILED, error=_error(name, wrong))
                if not tries_left or not isinstance(wrong, Exception) or isinstance(wrong, StepTimedOut | BadResult):
                    raise
                time.sleep(min(wait_ms, retry.max_ms) / 1000)
                wait_ms *= retry.factor
            else:
                self._ended(begun, StepStatus.SUCCEEDED, exit_status=ExitStatus(OK), result=result)
                return value
        raise AssertionError("A step has at least one attempt.")

    def _ended(self, begun: StepExecution, status: StepStatus, **fields: Any) -> None:
        ended = msgspec.structs.replace(begun, status=status, ended_at=now_ms(), **fields)
        self._write_down(InnerStep(ended))

    def _result_of(self, kept: StepExecution, function: Callable[..., Any]) -> Any:
        if kept.result is None:
            return None
        text = kept.result.inline
        if text is None:
            text = (Path(self._order.home) / "results" / (kept.result.file or "")).read_text()
        return from_json(text, hints_of(function).get("return"))

    @contextmanager
    def _limited(self, name: str, ms: int | None) -> Iterator[None]:
        """A time limit for the step: an alarm in here, and the hand behind it where no alarm is heard."""
        if ms is None:
            yield
            return

        def expire(*_: object) -> None:
            raise StepTimedOut(f"The step {name} took longer than its time limit of {ms / 1000:g} s.")

        before = signal.signal(signal.SIGALRM, expire)
        signal.setitimer(signal.ITIMER_REAL, ms / 1000)
        self._tell(Within(ms))
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            self._tell(Within(None))


def _settled(step: StepExecution) -> bool:
    """Finished, or lost and to be passed over: the call answers at once."""
    return step.status in _DONE or (step.status is StepStatus.LOST and step.on_lost is OnLost.SKIP)


def _error(name: str, wrong: BaseException) -> Error:
    return Error(code=TIMEOUT if isinstance(wrong, StepTimedOut) else ERROR, detail=said(wrong), step=name)


def said(wrong: BaseException) -> str:
    """An exception in a sentence: `ValueError: text`."""
    try:
        text = str(wrong)
    except Exception:
        text = ""
    return (f"{type(wrong).__name__}: {text}" if text else type(wrong).__name__)[:2000].replace("\0", "␀")
