"""`runbell results`, `runbell exceptions`, `runbell files`: what the steps of an execution left; look, and download."""

import json
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import App, Parameter

from runbell.cli.completing import ExecutionName
from runbell.cli.naming import execution_named
from runbell.cli.output import cell, note, put, put_table
from runbell.cli.reaching import HERE, Common
from runbell.cli.trouble import Refusal

if TYPE_CHECKING:
    from runbell.client import Client
    from runbell.client.data import Format, Kind

SetName = Annotated[str | None, Parameter(help="The set; not needed when there is one.")]
Target = Annotated[Path | None, Parameter(help="The file to write; else NAME.csv here.")]
FormatName = Annotated[str, Parameter(name="--format", help="csv, ndjson or parquet.")]

results: Final = App(name="results", help="The result sets of an execution: list, show rows, download.")
exceptions: Final = App(name="exceptions", help="The exception records of an execution: list, show, download.")
files: Final = App(name="files", help="The files that an execution left: list, download.")


@results.command(name="ls")
def list_results(execution: ExecutionName, /, *, common: Common = HERE) -> int:
    """List the result sets."""
    with common.client() as client:
        found = client.results(execution_named(client, execution))
    rows = ((cell(one.name), cell(one.step), str(one.row_count), cell(_columns(one.columns))) for one in found)
    put(common.form, found, lambda: put_table(("NAME", "STEP", "ROWS", "COLUMNS"), rows, "No result sets."))
    return 0


@results.command(name="show")
def show_results(execution: ExecutionName, name: SetName = None, /, *, limit: int = 50, common: Common = HERE) -> int:
    """Print rows of a result set; -o ndjson prints one object a line.

    Parameters
    ----------
    limit
        At most so many rows.
    """
    with common.client() as client:
        one = execution_named(client, execution)
        wanted = name or _only("result set", [found.name for found in client.results(one)])
        rows = list(islice(client.rows(one, wanted), limit))
    put(common.form, rows, lambda: _put_rows(rows))
    return 0


@results.command(name="download")
def download_results(
    execution: ExecutionName, name: SetName = None, /, *, to: Target = None, form: FormatName = "csv",
    common: Common = HERE,
) -> int:  # fmt: skip
    """Download all rows of a result set."""
    with common.client() as client:
        one = execution_named(client, execution)
        wanted = name or _only("result set", [found.name for found in client.results(one)])
        return _download(client, one, "results", wanted, to, _format(form))


@exceptions.command(name="ls")
def list_exceptions(execution: ExecutionName, /, *, common: Common = HERE) -> int:
    """Count the exception records, by set and reason."""
    with common.client() as client:
        found = client.exceptions(execution_named(client, execution))
    rows = (
        (cell(one.name), cell(one.step), cell(reason.reason) or "-", str(reason.count))
        for one in found.sets
        for reason in one.by_reason
    )
    put(common.form, found, lambda: put_table(("SET", "STEP", "REASON", "RECORDS"), rows, "No exception records."))
    return 0


@exceptions.command(name="show")
def show_exceptions(
    execution: ExecutionName, name: SetName = None, /, *, reason: str | None = None, limit: int = 50,
    common: Common = HERE,
) -> int:  # fmt: skip
    """Print exception records with their reasons.

    Parameters
    ----------
    reason
        Only records of this reason.
    limit
        At most so many records.
    """
    with common.client() as client:
        one = execution_named(client, execution)
        wanted = name or _only("set of exception records", [found.name for found in client.exceptions(one).sets])
        records = list(islice(client.exception_records(one, wanted, reason=reason), limit))
    shown = [{"REASON": record.reason, **record.row} for record in records]
    put(common.form, records, lambda: _put_rows(shown))
    return 0


@exceptions.command(name="download")
def download_exceptions(
    execution: ExecutionName, name: SetName = None, /, *, to: Target = None, form: FormatName = "csv",
    common: Common = HERE,
) -> int:  # fmt: skip
    """Download all exception records of a set, the reason first."""
    with common.client() as client:
        one = execution_named(client, execution)
        wanted = name or _only("set of exception records", [found.name for found in client.exceptions(one).sets])
        return _download(client, one, "exceptions", wanted, to, _format(form))


@files.command(name="ls")
def list_files(execution: ExecutionName, /, *, common: Common = HERE) -> int:
    """List the files."""
    with common.client() as client:
        found = client.artifacts(execution_named(client, execution))
    rows = ((cell(one.name), cell(one.step), str(one.size), cell(one.content_type), one.sha256[:12]) for one in found)
    put(common.form, found, lambda: put_table(("NAME", "STEP", "BYTES", "TYPE", "SHA-256"), rows, "No files."))
    return 0


@files.command(name="download")
def download_files(
    execution: ExecutionName, name: str | None = None, /, *, to: Path | None = None, common: Common = HERE
) -> int:
    """Download a file; its digest is checked.

    Parameters
    ----------
    name
        The file; not needed when there is one.
    to
        The file to write; else the last part of its name, here.
    """
    with common.client() as client:
        one = execution_named(client, execution)
        wanted = name or _only("file", [found.name for found in client.artifacts(one)])
        return _download(client, one, "artifacts", wanted, to, None)


def _download(
    client: "Client", execution: str | int, kind: "Kind", name: str, to: Path | None, form: "Format | None"
) -> int:
    plain = name.rpartition("/")[2].replace(":", "_").lstrip(".") or "download"
    target = to or Path(plain if form is None else f"{plain}.{form}")
    written = client.download(execution, kind, name, target, form=form or "csv")
    note(f"{written}: {written.stat().st_size} bytes")
    return 0


def _only(what: str, names: Sequence[str]) -> str:
    """The one there is. Raises Refusal when there is none, or a choice."""
    if len(names) == 1:
        return names[0]
    if not names:
        raise Refusal(f"This execution has no {what}.")
    raise Refusal(f"This execution has {len(names)} of these; name one: {', '.join(map(cell, names))}.")


def _format(text: str) -> "Format":
    from runbell.client.data import MEDIA

    for known in MEDIA:
        if text == known:
            return known
    raise Refusal(f"There is no format {text!r}; there are {', '.join(MEDIA)}.")


def _columns(columns: Iterable[Any]) -> str:
    return ", ".join(column.name for column in columns)


def _put_rows(rows: Sequence[dict[str, Any]]) -> None:
    names = list(rows[0]) if rows else []
    shown = ([cell(_text(row.get(name))) for name in names] for row in rows)
    put_table([cell(name) for name in names], shown, "No rows.")


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
