"""What an execution is found by goes with it, though no index names the marks of one execution."""

from pathlib import Path

import apsw
import pytest

from runbell.domain.job import Parameter, ParameterType
from runbell.domain.marks import LONGEST, marks
from runbell.ports.store import AskToStop, Delete
from runbell.ports.upkeep_table import Expire, Label
from runbell.stores.sqlite.protocol import Request
from tests.builders import NOON
from tests.stores.builders import a_start, fresh
from tests.stores.sqlite.desk import a_database, done
from tests.stores.sqlite.test_batch import JOB

DECLARED = tuple(
    Parameter(name=name, type=ParameterType(name), indexed=True)
    for name in ("text", "int", "decimal", "bool", "multi", "json")
)
PARAMS = {
    "text": "x" * (LONGEST + 1), "int": 2**60, "decimal": "1.50", "bool": False, "multi": ["a", "b"],
    "json": [1, {"a": None}],
}  # fmt: skip


def marks_in(db: apsw.Connection) -> list[tuple[str, str]]:
    return [(name, value) for name, value in db.execute("SELECT name, value FROM marks ORDER BY name, value")]


def ended(db: apsw.Connection) -> int:
    """The number of an execution with tags and every kind of indexed parameter, discarded before it began."""
    execution = fresh(JOB, params=PARAMS, tags=("mine", "é"))
    (number,) = done(db, a_start(JOB, execution, marks=marks(DECLARED, PARAMS)))
    done(db, AskToStop(number=number, at=NOON, mode="graceful", reason="", actor="key:a", grace_ms=0))
    return int(number)


@pytest.mark.parametrize("way", ["delete", "expire"])
def test_nothing_is_left_of_one_that_is_deleted_and_all_of_the_others(tmp_path: Path, way: str) -> None:
    db = a_database(tmp_path)
    number = ended(db)
    assert len(marks_in(db)) == len(PARAMS) + 3  # two choices, two tags
    ended(db)
    done(db, Label(number=number, at=NOON, tags=("mine", "new")))
    assert ("", "new") in marks_in(db)
    request: Request = Delete(number=number, at=NOON) if way == "delete" else Expire(numbers=(number,), at=NOON)
    done(db, request)
    assert len(marks_in(db)) == len(PARAMS) + 3
    assert ("", "new") not in marks_in(db)


def test_tags_that_are_changed_leave_the_parameters_alone(tmp_path: Path) -> None:
    db = a_database(tmp_path)
    number = ended(db)
    done(db, Label(number=number, at=NOON, tags=("new",)))
    assert [value for name, value in marks_in(db) if name == ""] == ["new"]
    assert len(marks_in(db)) == len(PARAMS) + 2
