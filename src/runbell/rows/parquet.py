"""A child process that makes a file of rows into Parquet: `python -m runbell.rows.parquet ROWS TARGET`.

The columns come on standard input, as JSON: `[[name, type, place in the row], …]`. A column has its type in Parquet
when every value of it has a place there without loss; else it is text. DuckDB works in its own memory limit and gives
the disk what does not fit, so neither the server nor the machine notices how many rows there are.
"""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY: Final = "384MB"
_LARGEST_ROW: Final = 1 << 25
_WHOLE: Final = {"int": "BIGINT", "bool": "BOOLEAN", "date": "DATE", "datetime": "TIMESTAMPTZ"}
_DECIMALS: Final = "DECIMAL(38, {scale})"
Column = tuple[str, str, int]


def main(rows: str, target: str, columns: list[Column]) -> None:
    """Write the rows to `target` as Parquet."""
    import duckdb

    os.nice(10)
    with duckdb.connect(config={"memory_limit": MEMORY, "threads": 1}) as engine:
        engine.execute("SET temp_directory = ?", [str(Path(target).parent / f"{Path(target).name}.spill")])
        engine.execute("SET preserve_insertion_order = true")
        engine.execute("SET TimeZone = 'UTC'")
        source = (
            "read_json($rows, format = 'newline_delimited', records = false, columns = {'line': 'JSON'}, "
            f"maximum_object_size = {_LARGEST_ROW})"
        )
        types = _types(engine, source, rows, columns)
        wanted = ", ".join(
            f"CAST(line->>{place} AS {kind}) AS {_quoted(name)}"
            for (name, _, place), kind in zip(columns, types, strict=True)
        )
        engine.execute(
            f"COPY (SELECT {wanted or '1'} FROM {source}) TO '{_escaped(target)}' (FORMAT parquet, COMPRESSION zstd)",  # noqa: S608
            {"rows": rows},
        )


def _types(engine: "DuckDBPyConnection", source: str, rows: str, columns: list[Column]) -> list[str]:
    """The type of each column in Parquet, found in one walk along the rows."""
    asked: list[str] = []
    for _, kind, place in columns:
        text = f"line->>{place}"
        if kind in _WHOLE:
            asked.append(f"bool_and({text} IS NULL OR TRY_CAST({text} AS {_WHOLE[kind]}) IS NOT NULL)")
        elif kind == "decimal":
            number = f"json_type(line, '$[{place}]') IN ('DOUBLE', 'BIGINT', 'UBIGINT')"
            asked.append(f"bool_and({text} IS NULL OR ({number} AND NOT regexp_full_match({text}, '-?[0-9]{{17,}}')))")
            asked.append(f"bool_and({text} IS NULL OR regexp_full_match({text}, '-?[0-9]{{1,20}}(\\.[0-9]{{1,18}})?'))")
            asked.append(f"max(length(split_part({text}, '.', 2)))")
    if not asked:
        return ["VARCHAR"] * len(columns)
    found = engine.execute(f"SELECT {', '.join(asked)} FROM {source}", {"rows": rows}).fetchone()  # noqa: S608
    answers = iter(found or ())
    types = []
    for _, kind, _ in columns:
        if kind in _WHOLE:
            types.append(_WHOLE[kind] if next(answers) is not False else "VARCHAR")
        elif kind == "decimal":
            numbers, texts, scale = next(answers), next(answers), next(answers)
            exact = _DECIMALS.format(scale=scale or 0) if texts is not False else "VARCHAR"
            types.append("DOUBLE" if numbers else exact)
        else:
            types.append("VARCHAR")
    return types


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _escaped(text: str) -> str:
    return text.replace("'", "''")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.load(sys.stdin))
