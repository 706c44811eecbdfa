"""The functions of airport-import on a list of three airports and on the real one."""

import csv
import importlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from runbell import Context
from runbell.domain.execution import Progress
from tests.house.sources import ROOT

KEFLAVIK = {
    "icao": "BIKF", "iata": "KEF", "name": "Keflavik Airport", "city": "Keflavik", "subd": "Southern Peninsula",
    "country": "IS", "elevation": "171", "lat": "63.985", "lon": "-22.6056", "tz": "Atlantic/Reykjavik", "lid": "",
}  # fmt: skip
AKUREYRI = KEFLAVIK | {"icao": "BIAR", "iata": "AEY", "name": "Akureyri Airport", "elevation": "6"}
KIEL = KEFLAVIK | {
    "icao": "EDHK",
    "iata": "KEL",
    "name": "Kiel",
    "country": "DE",
    "elevation": "102",
    "tz": "Europe/Berlin",
}


@pytest.fixture
def airports(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ModuleType]:
    """The sample's module, with the current directory as an execution's workspace."""
    monkeypatch.syspath_prepend(str(ROOT / "examples" / "airports"))
    monkeypatch.chdir(tmp_path)
    yield importlib.import_module("airports")


def listed(*records: dict[str, str]) -> None:
    with Path("airports.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(KEFLAVIK))
        writer.writeheader()
        writer.writerows(records)


def check(airports: ModuleType, ctx: Context, **given: Any) -> Any:
    asked = {"country": None, "min_elevation": None, "need_iata": False, "tolerance": Decimal(15)}
    return airports.check(ctx, **(asked | given))


def test_the_real_list_is_fetched_and_counted(airports: ModuleType) -> None:
    assert airports.fetch()["records"] > 28_000


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"city": ""}, "no city"),
        ({"subd": ""}, "no subdivision"),
        ({"icao": "BI-1"}, "code is not letters and digits"),
        ({"name": "Keflavik "}, "blanks around a value"),
        ({"lat": "0.0"}, "position on the zero meridian or the equator"),
    ],
)
def test_a_bad_record_says_why(airports: ModuleType, change: dict[str, str], reason: str) -> None:
    assert airports.faults(KEFLAVIK | change, need_iata=False) == [reason]


def test_a_missing_iata_code_is_bad_only_when_it_is_needed(airports: ModuleType) -> None:
    nameless = KEFLAVIK | {"iata": ""}
    assert airports.faults(nameless, need_iata=False) == []
    assert airports.faults(nameless, need_iata=True) == ["no IATA code"]


def test_bad_records_are_set_aside_with_their_reasons(airports: ModuleType) -> None:
    listed(KEFLAVIK, AKUREYRI | {"city": "", "subd": ""}, KIEL)
    checked = check(airports, Context(), tolerance=Decimal(50))
    assert checked == {"good": 2, "rejected": 1, "reasons": {"no city": 1, "no subdivision": 1}}
    (rejected,) = airports.records(Path("rejects.csv"))
    assert (rejected["icao"], rejected["reasons"]) == ("BIAR", "no city; no subdivision")


@pytest.mark.parametrize(("tolerance", "code"), [(Decimal("33.4"), None), (Decimal("33.3"), "WARN")])
def test_more_bad_records_than_tolerated_are_a_warning(
    airports: ModuleType, tolerance: Decimal, code: str | None
) -> None:
    listed(KEFLAVIK, AKUREYRI | {"city": ""}, KIEL)
    ctx = Context()
    check(airports, ctx, tolerance=tolerance)
    assert (ctx.said and ctx.said.code) == code


def test_country_and_elevation_narrow_the_list(airports: ModuleType) -> None:
    listed(KEFLAVIK, AKUREYRI, KIEL)
    assert check(airports, Context(), country="IS")["good"] == 2
    assert check(airports, Context(), country="IS", min_elevation=100)["good"] == 1


def test_no_airport_at_all_is_an_error_that_says_what_to_do(airports: ModuleType) -> None:
    listed(KEFLAVIK)
    with pytest.raises(LookupError, match="start again with others"):
        check(airports, Context(), country="ZZ")


def test_progress_reaches_the_end(airports: ModuleType) -> None:
    listed(KEFLAVIK, AKUREYRI)
    progressed: list[Progress] = []
    check(airports, Context(on_progress=progressed.append))
    assert [(progress.done, progress.total) for progress in progressed] == [(2, 2)]


def test_loading_twice_leaves_the_same_database(airports: ModuleType) -> None:
    listed(KEFLAVIK, AKUREYRI, KIEL)
    check(airports, Context())
    assert airports.load() == airports.load() == {"loaded": 3}


def test_an_extract_holds_one_part_of_the_world_highest_first(airports: ModuleType) -> None:
    listed(AKUREYRI, KEFLAVIK, KIEL)
    check(airports, Context())
    airports.load()
    assert airports.extract(Context(scope="Atlantic")) == {"airports": 2}
    assert [row["icao"] for row in airports.records(Path("Atlantic.csv"))] == ["BIKF", "BIAR"]


def test_the_good_records_are_exported_in_the_order_of_their_codes(airports: ModuleType) -> None:
    listed(KEFLAVIK, AKUREYRI, KIEL | {"city": ""})
    check(airports, Context())
    assert airports.export(Context()) == {"exported": 2}
    assert [row["icao"] for row in airports.records(Path("output/airports-good.csv"))] == ["BIAR", "BIKF"]


def test_the_summary_counts_per_country_and_names_the_highest(airports: ModuleType) -> None:
    listed(AKUREYRI, KEFLAVIK, KIEL | {"iata": ""})
    check(airports, Context())
    airports.load()
    Path("airports.sha256").write_text("abc  airports.csv\n")
    summary = airports.summarise(top=1)
    assert (summary["airports"], summary["countries"], summary["sha256"]) == (3, 2, "abc")
    assert summary["top"] == [
        {"country": "IS", "airports": 2, "with_iata": 2, "highest": "Keflavik Airport", "feet": 171}
    ]
