"""Rows as Parquet: written by DuckDB in a child process, beside the server, and sent from a file that has no name."""

import asyncio
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Final

import msgspec

from runbell.domain.data import RowSet
from runbell.ports.artifacts import NoParquet
from runbell.rows.export import names_of

MODULE: Final = "runbell.rows.parquet"
LONGEST_S: Final = 3_600.0
PIECE: Final = 1 << 18
_KEPT: Final = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "TZ")
log = logging.getLogger("runbell")


class ParquetMaker:
    """Makes one file at a time; whatever lies in `folder` is of exports under way."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._one_at_a_time = asyncio.Lock()
        self._swept = False

    async def made(self, rows: RowSet, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The rows, which come as their file has them, as Parquet in pieces. Raises NoParquet."""
        if find_spec("duckdb") is None:
            raise NoParquet("Parquet needs DuckDB, which this server has not (the extra `duckdb`); ask for text/csv.")
        async with self._one_at_a_time:
            await asyncio.to_thread(self._prepare)
            place = Path(tempfile.mkdtemp(dir=self._folder))
            try:
                await _spool(lines, place / "rows")
                await _convert(place / "rows", place / "parquet", rows)
                return _pieces((place / "parquet").open("rb"))
            finally:
                await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)

    def _prepare(self) -> None:
        """The folder, without what an earlier server left in it."""
        if not self._swept:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._swept = True
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)


async def _spool(lines: AsyncIterator[bytes], to: Path) -> None:
    with to.open("wb") as out:
        async for piece in lines:
            await asyncio.to_thread(out.write, piece)


async def _convert(source: Path, target: Path, rows: RowSet) -> None:
    names = names_of(rows)
    kinds = ["text"] * (len(names) - len(rows.columns)) + [column.type for column in rows.columns]
    columns = [(name, kind, place) for place, (name, kind) in enumerate(zip(names, kinds, strict=True))]
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", MODULE, str(source), str(target),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        env={name: os.environ[name] for name in _KEPT if name in os.environ},
    )  # fmt: skip
    try:
        async with asyncio.timeout(LONGEST_S):
            _, said = await child.communicate(msgspec.json.encode(columns))
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    if child.returncode:
        lines = said.decode(errors="replace").strip().splitlines()
        log.error("parquet_failed", extra={"why": lines[-1] if lines else f"exit code {child.returncode}"})
        raise NoParquet("These rows could not be made into Parquet (the server's log says why); ask for text/csv.")


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
