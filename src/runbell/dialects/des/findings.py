"""What is wrong with a request: every fault of it in one refusal, each with its code."""

from typing import Final

from msgspec import Struct

from runbell.domain.fault import Fault, Problem
from runbell.domain.faults import InvalidField

SEVERAL: Final = "InvalidParameters"
_CODES: Final = {"required": "ParameterRequired", "not_null": "ParameterNull", "unknown_param": "ParameterUnknown"}


class Finding(Struct, frozen=True):
    """One fault. `parameter` None: it is about the request itself."""

    parameter: str | None
    code: str
    message: str


class Faulty(InvalidField):
    """A request with faults, in the order in which they were found."""

    def __init__(self, findings: list[Finding]) -> None:
        codes = {finding.code for finding in findings}
        self.findings = tuple(findings)
        self.word = codes.pop() if len(codes) == 1 else SEVERAL
        super().__init__(findings[0].message if len(findings) == 1 else f"{len(findings)} faults; see details")


def of_problem(problem: Problem) -> Finding:
    """What the core found wrong with a parameter, in the words of DES."""
    name = problem.pointer.removeprefix("/params/").replace("~1", "/").replace("~0", "~")
    code = _CODES.get(problem.code, "ParameterValue")
    match code:
        case "ParameterRequired":
            said = f"Parameter '{name}' is required"
        case "ParameterNull":
            said = f"Parameter '{name}' does not allow null"
        case "ParameterUnknown":
            said = f"The job has no parameter '{name[:100]}'"
        case _:
            said = f"Parameter '{name}' is invalid: {problem.detail}"
    return Finding(name, code, said)


def of_fault(fault: Fault) -> tuple[Finding, ...]:
    """All that a refusal of the core found wrong with parameters."""
    if isinstance(fault, Faulty):
        return fault.findings
    return tuple(of_problem(problem) for problem in fault.problems if problem.pointer.startswith("/params/"))
