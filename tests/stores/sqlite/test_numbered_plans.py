"""Lists with numbered pages walk their indexes, whatever they are asked for."""

from itertools import product
from pathlib import Path

import pytest

from runbell.ports.numbered_table import NumberedQuery, Numbers, Reach
from runbell.stores.sqlite import read_numbered

from .desk import a_database
from .test_plans import plan

REACHES = {
    "everywhere": Reach(None), "projects": Reach(("default", "other")), "jobs": Reach((), (("default", "load"),)),
}  # fmt: skip
WALKED = {
    ("open", "projects"): "executions_by_status (project=? AND status=?)",
    ("begun", "projects"): "executions_by_beginning (project=? AND <expr>>? AND <expr><?)",
    ("any", "projects"): "executions_by_project (project=?)",
    ("open", "jobs"): "executions_by_job_status (job_number=? AND status=?)",
    ("begun", "jobs"): "executions_by_beginning (project=? AND <expr>>? AND <expr><?)",
    ("any", "jobs"): "executions_by_job (job_number=?)",
}


@pytest.mark.parametrize(("which", "name"), list(product(("open", "begun", "any"), REACHES)))
def test_a_count_reads_nothing_but_an_index(tmp_path: Path, which: str, name: str) -> None:
    db = a_database(tmp_path)
    limits = {"since": 1, "until": 2} if which == "begun" else {}
    query = NumberedQuery(reach=REACHES[name], numbers=Numbers(1, 10), which=which, **limits)  # type: ignore[arg-type]
    ((where, values),) = read_numbered.branches(query)
    steps = plan(db, f"SELECT count(*) FROM (SELECT number FROM executions INDEXED BY {where})", values)
    (walked,) = [step for step in steps if "executions" in step]
    assert walked == f"SEARCH executions USING COVERING INDEX {WALKED[which, name.replace('everywhere', 'projects')]}"
