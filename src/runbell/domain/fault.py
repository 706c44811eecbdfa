"""What a refusal is made of: a code, a sentence that says what to do, and every single thing that is wrong."""

from typing import Any, ClassVar

from msgspec import Struct


class Problem(Struct, frozen=True):
    """One thing wrong with an input: where (JSON pointer), which rule, and what to do about it."""

    pointer: str
    code: str
    detail: str
    line: int | None = None


class Fault(Exception):  # noqa: N818 - the house's word
    """A refusal. `problems` lists every single thing that is wrong; `execution` names the one it collides with."""

    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong here"

    def __init__(
        self,
        detail: str,
        *,
        problems: tuple[Problem, ...] = (),
        execution: str | None = None,
        retry_after_s: int | None = None,
        about: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = problems
        self.execution = execution
        self.retry_after_s = retry_after_s
        self.about = about or {}
