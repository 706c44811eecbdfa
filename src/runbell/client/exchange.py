"""One request and its retries: what may be sent again, after how long, and what is said when it is over."""

import random
from typing import Final, TypeVar

import msgspec

from runbell.client.effects import Answer, Ask, Flow, NoAnswer, Pause
from runbell.client.problems import Problem, ProblemError, Unreachable, UnreadableAnswerError, problem_of

T = TypeVar("T")
GATEWAY_TROUBLE: Final = (502, 503, 504)
OAUTH_LATER: Final = (429, 503)
LATER: Final = ("already_running", "job_paused")  # safe to send again, but only a person knows when


def exchange(ask: Ask, patience: float) -> Flow[Answer]:
    """Send, and send again while that is safe and the pauses add up to at most `patience` seconds.

    Raises ProblemError when the server refuses, Unreachable when nothing answers.
    """
    tries = 0
    while True:
        answer: Answer | NoAnswer = yield ask
        if isinstance(answer, Answer) and answer.status < 400:
            return answer
        pause = pause_before_retry(ask, answer, tries)
        patience -= pause or 0
        if pause is None or patience < 0:
            raise _failure(answer)
        yield Pause(pause)
        tries += 1


def pause_before_retry(ask: Ask, answer: Answer | NoAnswer, tries: int) -> float | None:
    """Seconds to wait before the same request is sent again; None when it must not be."""
    usual: float = min(0.1 * 2**tries, 5.0) * random.uniform(0.8, 1.2)  # noqa: S311 - spreads callers out, hides nothing
    if isinstance(answer, NoAnswer):
        return usual if ask.harmless or not answer.arrived else None
    problem = problem_of(answer)
    if not _safe(ask, problem):
        return None
    return max(usual, problem.retry_after or 0)


def _safe(ask: Ask, problem: Problem) -> bool:
    if problem.error:
        return problem.status in OAUTH_LATER and ask.harmless
    if problem.code:
        return problem.resubmit == "same_request_safe" and problem.code not in LATER
    return problem.status in GATEWAY_TROUBLE and ask.harmless


def _failure(answer: Answer | NoAnswer) -> Exception:
    return ProblemError(problem_of(answer)) if isinstance(answer, Answer) else Unreachable(answer.why)


def read(answer: Answer, shape: type[T]) -> T:
    """The body as that Struct. Raises UnreadableAnswerError when it is something else."""
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except msgspec.MsgspecError as error:
        raise UnreadableAnswerError(
            f"The answer is not what a runbell server says ({error}). Is the URL right?"
        ) from None
