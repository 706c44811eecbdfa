"""What steps left, from the command line: listed, shown, downloaded."""

import json
from pathlib import Path

import pytest

from runbell.client import Client

from .conftest import Typed


@pytest.fixture
def left(client: Client) -> int:
    """The number of an execution that left something of each kind."""
    return client.run("leaves").number


def test_result_sets_are_listed_and_their_rows_shown(here: Typed, left: int) -> None:
    listed = here("results", "ls", left)
    assert listed.code == 0
    assert ["numbers", "leave", "200", "n,", "text"] in [line.split() for line in listed.out.splitlines()]
    shown = here("results", "show", left, "numbers", "--limit", "120", "--json")
    assert [row["n"] for row in json.loads(shown.out)] == list(range(120))
    table = here("results", "show", left, "nothing much")
    assert table.out.split() == ["only", "-"]


def test_a_set_need_not_be_named_when_there_is_one(here: Typed, left: int) -> None:
    unsaid = here("results", "show", left)
    assert (unsaid.code, "name one: numbers, nothing much" in unsaid.err) == (2, True)
    shown = here("exceptions", "show", left)
    assert shown.out.splitlines()[1].split() == ["no", "code", "-", "Nowhere"]


def test_exception_records_are_counted_and_downloaded(
    here: Typed, left: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = here("exceptions", "ls", left, "--json")
    assert json.loads(counted.out)["by_reason"] == [{"reason": "no code", "count": 2}]
    done = here("exceptions", "download", left, "--to", tmp_path / "bad.csv")
    assert (done.code, "bad.csv" in done.err) == (0, True)
    assert (tmp_path / "bad.csv").read_bytes() == b"reason,iata,name\r\nno code,,Nowhere\r\nno code,X,Short\r\n"
    here("results", "download", left, "numbers", "--to", tmp_path / "n.ndjson", "--format", "ndjson")
    assert len((tmp_path / "n.ndjson").read_text().splitlines()) == 200
    wrong = here("results", "download", left, "numbers", "--format", "xlsx")
    assert (wrong.code, "csv, ndjson, parquet" in wrong.err) == (2, True)


def test_files_are_listed_and_downloaded(here: Typed, left: int, tmp_path: Path) -> None:
    assert "report.txt" in here("files", "ls", left).out
    assert here("files", "download", left, "--to", tmp_path / "r.txt").code == 0
    assert (tmp_path / "r.txt").read_text() == "all is well"
    absent = here("files", "download", left, "repot.txt")
    assert (absent.code, "did you mean `report.txt`" in absent.err) == (3, True)
