"""Where the rows of a rule come from: a table that exists, files, or a query; its columns, and its own order.

No name reaches a text of SQL unless the engine itself has it: tables and columns are looked up, and written as found.
"""
# ruff: noqa: S608 - names are those that the engine itself has, values are bound

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from msgspec import Struct, structs

from runbell.domain.check import Source
from runbell.domain.data import Column
from runbell.domain.did_you_mean import did_you_mean
from runbell.domain.sql_text import is_ordered, statements
from runbell.runners.kinds import StepFailed
from runbell.runners.kinds.checks.words import Values
from runbell.runners.kinds.connections import Connection

_TABLES: Final = {
    "DuckDB": "select table_catalog, table_schema, table_name, true from information_schema.tables order by all",
    "PostgreSQL": "select current_database(), n.nspname, c.relname, pg_table_is_visible(c.oid) from pg_class c"
    " join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'f') order by 1, 2, 3",
    "SQLite": "select '', 'main', name, 1 from sqlite_master where type in ('table', 'view') order by name",
}
_KEY: Final = """
select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
where i.indisprimary and i.indrelid = cast(cast(:name as text) as regclass) order by array_position(i.indkey, a.attnum)
"""
_NUMBERED: Final = {
    "DuckDB": "select count(*) from duckdb_tables() where table_name = :name",
    "SQLite": "select count(*) from pragma_table_list where type = 'table' and wr = 0 and name = :name",
}
"""Whether a table numbers its rows; a view does not."""
_TEXTS: Final = (".csv", ".tsv", ".txt")
_READERS: Final = {
    **dict.fromkeys(_TEXTS, "read_csv({}, all_varchar = true, header = true)"),
    **dict.fromkeys((".parquet", ".pq"), "read_parquet({})"),
    **dict.fromkeys((".json", ".ndjson", ".jsonl"), "read_json({}, sample_size = -1)"),
}
_PACKED: Final = (".gz", ".zst")


class Ground(Struct, frozen=True, kw_only=True):
    """Rows to look at. `order`: expressions over `s` that put them into an order of their own; empty: there is none."""

    parts: tuple[str, ...]
    """What stands in FROM; between two of these is the place of a value."""
    bound: tuple[Any, ...] = ()
    shown: str
    columns: tuple[Column, ...]
    order: tuple[str, ...] = ()
    texts: bool = False
    """Its values are texts, whatever they are meant to be."""

    def item(self, values: Values) -> str:
        """What stands in FROM, with its values."""
        text = self.parts[0]
        for value, part in zip(self.bound, self.parts[1:], strict=True):
            text += values.put(value) + part
        return text

    def column(self, name: str) -> Column:
        """The column of that name, or the only one that differs by nothing but case. Raises StepFailed."""
        known = {column.name: column for column in self.columns}
        found = known.get(name) or _alike(name, known)
        if found is None:
            raise StepFailed(f"There is no column `{name}` in {self.shown}{did_you_mean(name, known)}.")
        return known[found] if isinstance(found, str) else found

    def named(self, names: Iterable[str]) -> list[Column]:
        """The columns of these names."""
        return [self.column(name) for name in names]


class Grounds:
    """Finds the sources of one check on its connection."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._made = 0
        self._tables: list[tuple[Any, ...]] | None = None

    def of(self, source: Source) -> Ground:
        """The rows of a source. Raises StepFailed when there is no such table, file or column."""
        if source.table is not None:
            return self._table(source.table)
        if source.file is not None:
            return self._file(source.file)
        return self._query(source.query or "", source.bind)

    def seen(self, source: Source) -> Ground:
        """A query as it is, read by whoever asks."""
        pieces, bound = placed(source.query or "", source.bind)
        parts = (f"({pieces[0]}", *pieces[1:])
        parts = (*parts[:-1], f"{parts[-1]}\n)")  # a comment at its end ends with the line
        return Ground(parts=parts, bound=bound, shown="the query", columns=self._columns(parts, bound))

    def _table(self, said: str) -> Ground:
        found = self._found(said)
        name = ".".join(self._db.quoted(part) for part in found)
        columns = self._columns((name,), ())
        return Ground(parts=(name,), shown=said, columns=columns, order=self._own_order(found, columns))

    def _found(self, said: str) -> tuple[str, ...]:
        """The parts of a table's name, as the engine has them."""
        parts = said.split(".")
        if self._db.name not in _TABLES:
            return tuple(parts)
        if self._tables is None:
            rows = self._db.run(_TABLES[self._db.name]).batches
            self._tables = [tuple(row) for batch in rows for row in batch]
        known = self._tables or []
        reach = [
            (catalog, schema, name)[3 - len(parts) :] for catalog, schema, name, seen in known if len(parts) > 1 or seen
        ]
        names = {".".join(row): row for row in reach}
        found = names.get(said) or names.get(_alike(said, names) or "")
        if found is None:
            everything = [*names, *(f"{schema}.{name}" for _, schema, name, _ in known)]
            raise StepFailed(f"There is no table `{said}` on this connection{did_you_mean(said, everything)}.")
        return found

    def _own_order(self, found: tuple[str, ...], columns: tuple[Column, ...]) -> tuple[str, ...]:
        """By its primary key in PostgreSQL; elsewhere as the rows lie, where the engine numbers them."""
        if self._db.name == "PostgreSQL":
            name = ".".join(self._db.quoted(part) for part in found)
            batches = self._db.run(_KEY, {"name": name}).batches
            return tuple(f"s.{self._db.quoted(row[0])}" for batch in batches for row in batch)
        numbered = _NUMBERED.get(self._db.name)
        if numbered is None or any(column.name.lower() == "rowid" for column in columns):
            return ()
        row = self._db.row(numbered, {"name": found[-1]})
        return ("s.rowid",) if row is not None and row[0] else ()

    def _file(self, path: str) -> Ground:
        pure = PurePosixPath(path)
        suffixes = [suffix.lower() for suffix in pure.suffixes]
        kind = next((suffix for suffix in reversed(suffixes) if suffix not in _PACKED), "")
        if pure.is_absolute() or ".." in pure.parts:
            raise StepFailed(f"{path} lies outside the workspace; copy the file there, and write its path from there.")
        if kind not in _READERS:
            raise StepFailed(
                f"What {path} holds is not known; name it .csv, .parquet or .json (also .gz), or use a `query`."
            )
        if not any(True for _ in Path.cwd().glob(path)):
            raise StepFailed(f"There is no file {path} in the workspace; write it in a step before this one.")
        literal = "'" + path.replace("'", "''") + "'"
        reader = _READERS[kind].format(literal)
        if kind in (".parquet", ".pq"):
            columns = self._columns((reader,), ())
            return Ground(parts=(reader,), shown=path, columns=columns, order=("s.filename", "s.file_row_number"))
        texts = kind in _TEXTS
        return structs.replace(self._kept(f"select * from {reader}", {}, path, ordered=True), texts=texts)

    def _query(self, query: str, bind: Mapping[str, Any]) -> Ground:
        if self._db.name != "DuckDB":
            return self.seen(Source(query=query, bind=dict(bind)))
        text, bound = placed(query, bind)
        values = Values()
        whole = text[0] + "".join(values.put(value) + part for value, part in zip(bound, text[1:], strict=True))
        return self._kept(whole, values.bound, "the query", ordered=is_ordered(query))

    def _kept(self, query: str, bound: Mapping[str, Any], shown: str, *, ordered: bool) -> Ground:
        """Read it once into a table of the step's own: then every rule looks at the same rows, in one order."""
        self._made += 1
        name = self._db.quoted(f"runbell_{self._made}")
        for _ in self._db.run(f"create temp table {name} as {query}", bound).batches:
            pass
        columns = self._columns((name,), ())
        return Ground(parts=(name,), shown=shown, columns=columns, order=("s.rowid",) if ordered else ())

    def _columns(self, parts: tuple[str, ...], bound: tuple[Any, ...]) -> tuple[Column, ...]:
        ground = Ground(parts=parts, bound=bound, shown="", columns=())
        values = Values()
        answer = self._db.run(f"select * from {ground.item(values)} s where 1 = 0", values.bound)
        for _ in answer.batches:
            pass
        return tuple(answer.columns or ())


def placed(query: str, bind: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """A query as its pieces, between which values stand, and those values. Raises StepFailed."""
    found = statements(query)
    if len(found) != 1:
        raise StepFailed(f"A query is one SELECT, and this text has {len(found)} statements; leave the others out.")
    names: list[str] = []

    def place(name: str) -> str:
        names.append(name)
        return "\0"

    pieces = found[0].written(place).split("\0")
    try:
        values = found[0].values(bind)
    except ValueError as wrong:
        raise StepFailed(str(wrong)) from None
    return tuple(pieces), tuple(values[name] for name in names)


def _alike(name: str, known: Iterable[str]) -> str | None:
    """The only known name that differs from this one by nothing but case."""
    found = [one for one in known if one.lower() == name.lower()]
    return found[0] if len(found) == 1 else None
