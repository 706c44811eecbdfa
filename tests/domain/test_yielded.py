"""What steps left goes by names that a path can hold, each once."""

from runbell.domain.data import OutputFile, RowSet, Yield
from runbell.domain.execution import StepExecution
from runbell.domain.status import StepStatus
from runbell.domain.yielded import all_left, by_reason


def step(name: str, *data: Yield, scope: str | None = None, attempt: int = 1) -> StepExecution:
    done = StepStatus.SUCCEEDED
    return StepExecution(name=name, kind="python", scope=scope, attempt=attempt, status=done, data=data)


def rows(name: str | None, kind: str = "result", **reasons: int) -> RowSet:
    return RowSet(kind=kind, name=name, file="0", columns=(), rows=0, size=0, reasons=reasons)  # type: ignore[arg-type]


def test_a_set_goes_by_its_own_name_else_by_that_of_its_step_and_scope() -> None:
    left = all_left([
        step("load", rows("per_country"), rows(None)), step("check", rows(None), scope="de"),
        step("check", rows("bad"), scope="fr"), step("last", rows("load")),
    ])  # fmt: skip
    assert [one.name for one in left.results] == ["per_country", "load", "check:de", "bad:fr", "load#2"]
    assert (left.results[2].whence.step, left.results[2].whence.scope) == ("check", "de")


def test_only_the_last_attempt_counts_even_when_it_left_nothing() -> None:
    tried = [step("a", rows("old")), step("a", rows("new"), attempt=2), step("b", rows("x")), step("b", attempt=2)]
    assert [one.name for one in all_left(tried).results] == ["new"]


def test_names_that_no_path_can_hold_are_changed() -> None:
    names = ["..", ".", "", "two\nlines", "a/b"]
    files = [OutputFile(name=name, file="0", size=0, sha256="", content_type="") for name in names]
    assert [one.name for one in all_left([step("a", *files)]).files] == ["..#1", ".#1", "#1", "two lines", "a/b"]


def test_results_and_exceptions_do_not_take_each_others_names() -> None:
    left = all_left([step("a", rows(None), rows(None, "exceptions", late=2, early=3))])
    assert [one.name for one in (*left.results, *left.exceptions)] == ["a", "a"]
    assert list(by_reason(left.exceptions).items()) == [("early", 3), ("late", 2)]
