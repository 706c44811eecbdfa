"""The steps of airport-import. Each runs in the execution's workspace, and leaves its work there as files."""

import csv
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

from runbell import Context

LIST = Path("airports.csv")
GOOD = Path("good.csv")
REJECTS = Path("rejects.csv")
CHECKED = Path("checked.json")
DATABASE = Path("airports.db")
COLUMNS = ("icao", "iata", "name", "city", "subd", "country", "elevation", "lat", "lon", "tz")

Record = dict[str, str]


def fetch() -> dict[str, int]:
    """Copy the list that comes with the package `airportsdata` and count its records."""
    LIST.write_bytes(files("airportsdata").joinpath("airports.csv").read_bytes())
    return {"records": sum(1 for _ in records(LIST))}


def check(
    ctx: Context, country: str | None, min_elevation: int | None, need_iata: bool, tolerance: Decimal
) -> dict[str, Any]:
    """Part good records from bad ones. More than `tolerance` percent of bad ones is a warning, none at all an error."""
    wanted = [
        record
        for record in records(LIST)
        if country in (None, record["country"]) and (min_elevation is None or feet(record) >= min_elevation)
    ]
    if not wanted:
        raise LookupError("No airport fits country and min_elevation: start again with others.")
    reasons: Counter[str] = Counter()
    good = bad = 0
    with GOOD.open("w", newline="") as good_file, REJECTS.open("w", newline="") as bad_file:
        keep = csv.DictWriter(good_file, COLUMNS, extrasaction="ignore")
        reject = csv.DictWriter(bad_file, (*COLUMNS, "reasons"), extrasaction="ignore")
        keep.writeheader()
        reject.writeheader()
        for done, record in enumerate(wanted, start=1):
            found = faults(record, need_iata=need_iata)
            if found:
                reject.writerow({**record, "reasons": "; ".join(found)})
                reasons.update(found)
                bad += 1
            else:
                keep.writerow(record)
                good += 1
            if done % 1000 == 0 or done == len(wanted):
                ctx.progress(done, len(wanted), f"{bad} bad records")
    share = Decimal(100 * bad) / len(wanted)
    print(f"{good} good, {bad} bad ({share:.1f} %)")
    if share > tolerance:
        ctx.exit_status("WARN", f"{bad} of {len(wanted)} records are bad: {share:.1f} %, more than {tolerance} %")
    checked = {"good": good, "rejected": bad, "reasons": dict(reasons.most_common())}
    CHECKED.write_text(json.dumps(checked))
    return checked


def faults(record: Record, *, need_iata: bool) -> list[str]:
    """What is wrong with a record, in words; nothing when it is good."""
    rules = {
        "no city": not record["city"],
        "no subdivision": not record["subd"],
        "no IATA code": need_iata and not record["iata"],
        "code is not letters and digits": not record["icao"].isalnum(),
        "blanks around a value": any(value != value.strip() for value in record.values()),
        "position on the zero meridian or the equator": 0.0 in (float(record["lat"]), float(record["lon"])),
    }
    return [reason for reason, broken in rules.items() if broken]


def load() -> dict[str, int]:
    """Make the database file anew: running it twice leaves the same."""
    DATABASE.unlink(missing_ok=True)
    with closing(sqlite3.connect(DATABASE)) as database, database:
        database.execute(
            "create table airports (icao primary key, iata, name, city, subd, country, feet, lat, lon, tz)"
        )
        rows = ([record[column] for column in COLUMNS] for record in records(GOOD))
        database.executemany("insert into airports values (?, ?, ?, ?, ?, ?, cast(? as real), ?, ?, ?)", rows)
        (loaded,) = database.execute("select count(*) from airports").fetchone()
    return {"loaded": loaded}


def export(ctx: Context) -> dict[str, int]:
    """Leave the good records as an output file, in the order of their codes."""
    found = sorted(records(GOOD), key=lambda record: record["icao"])
    with ctx.output_file("airports-good.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(found)
    return {"exported": len(found)}


def extract(ctx: Context) -> dict[str, int]:
    """Write the airports of one part of the world (the scope), highest first, into a file of its own."""
    found = ask("select icao, name, country, feet from airports where tz like ? order by feet desc", f"{ctx.scope}/%")
    with Path(f"{ctx.scope}.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("icao", "name", "country", "feet"))
        writer.writerows(found)
    return {"airports": len(found)}


def summarise(top: int) -> dict[str, Any]:
    """The result of the job: how many airports, what was rejected and why, and the countries with the most."""
    per_country = ask(
        "select country, count(*) as airports, sum(iata <> '') as with_iata, max(feet) as feet, name"
        " from airports group by country order by airports desc, country limit ?",
        top,
    )
    ((airports, countries),) = ask("select count(*), count(distinct country) from airports")
    checked = json.loads(CHECKED.read_text())
    return {
        "airports": airports,
        "countries": countries,
        "rejected": checked["rejected"],
        "reasons": checked["reasons"],
        "sha256": Path("airports.sha256").read_text().split()[0],
        "top": [
            {"country": country, "airports": many, "with_iata": iata, "highest": name, "feet": round(height)}
            for country, many, iata, height, name in per_country
        ],
    }


def ask(sql: str, *values: object) -> list[Any]:
    """The rows that a question to the database file finds."""
    with closing(sqlite3.connect(f"file:{DATABASE}?mode=ro", uri=True)) as database:
        return database.execute(sql, values).fetchall()


def records(path: Path) -> Iterator[Record]:
    """The records of a CSV file with a header."""
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def feet(record: Record) -> float:
    """How high it lies."""
    return float(record["elevation"])
