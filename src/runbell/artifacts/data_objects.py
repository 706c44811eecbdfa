"""The data of executions in an S3-compatible object store: `PREFIX/EXECUTION/FILE`, through obstore.

The hand writes on this machine; what it wrote is brought over once the step has ended and before that is on record, so
an object is whole or not there. A crash in between leaves objects that no row names: they go with their execution.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from msgspec import Struct

from runbell.artifacts.data_folder import DATA
from runbell.artifacts.days import day_of
from runbell.domain import ids
from runbell.domain.data import OutputFile, Yield, parts
from runbell.ports.data_files import CannotKeep, CannotReach, NoSuchData

if TYPE_CHECKING:
    from obstore.store import S3Store

PIECE: Final = 1 << 18
AT_ONCE: Final = 4
PARTS_AT_ONCE: Final = 2
"""Of one file, 5 MiB each: what a step leaves costs the server 40 MiB at most while it is brought over."""
_PATIENCE: Final = timedelta(seconds=30)
log = logging.getLogger("runbell")


class Bucket(Struct, frozen=True, kw_only=True):
    """Which store: `url` is s3://BUCKET/PREFIX. Without keys those of the environment and the machine are used."""

    url: str
    endpoint: str | None = None
    region: str | None = None
    key_id: str | None = None
    secret: str | None = None


class DataObjects:
    """Implements `ports.data_files.DataFiles`; `root` holds the folders in which the hand writes."""

    def __init__(self, bucket: Bucket, root: Path) -> None:
        """Raises ValueError with a sentence when the address is none, or the extra `s3` is missing."""
        self._store = _open(bucket)
        self._root = root

    async def size(self, execution: str, file: str) -> int:
        from obstore import head_async

        with _asked(file):
            return int((await head_async(self._store, _place(execution, file)))["size"])

    async def read(self, execution: str, file: str, first: int, length: int) -> bytes:
        from obstore import get_async

        size = await self.size(execution, file)
        if first >= size or length <= 0:
            return b""
        with _asked(file):
            wanted = (first, min(size, first + length))
            found = await get_async(self._store, _place(execution, file), options={"range": wanted})
            return bytes(await found.bytes_async())

    async def stream(
        self, execution: str, file: str, first: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        from obstore import get_async

        size = await self.size(execution, file)
        last = size if length is None else min(size, first + length)
        if first >= last:
            return
        with _asked(file):
            found = await get_async(self._store, _place(execution, file), options={"range": (first, last)})
            async for piece in found.stream(min_chunk_size=PIECE):
                yield bytes(piece)

    async def publish(self, execution: str, left: Iterable[Yield]) -> None:
        """Bring over what the hand wrote; the copies on this machine go once all of it is there."""
        things = [one for one in left if parts([one])]
        folder = self._root / day_of(execution) / execution / DATA
        waiting = [(name, one) for one in things for name in parts([one])]
        try:
            with _asked(execution):
                await _some_at_once(self._put(execution, folder / name, name, one) for name, one in waiting)
        except (NoSuchData, CannotReach, OSError) as wrong:
            log.warning("upload_failed", extra={"execution": execution, "why": str(wrong)})
            raise CannotKeep(
                "What the step left could not be brought to the object store (the server's log says why); once the "
                "store can be reached, restart it."
            ) from wrong
        await asyncio.to_thread(_remove, [folder / name for name, _ in waiting])

    async def missing(self, execution: str, files: Iterable[str]) -> tuple[str, ...]:
        found = []
        for file in files:
            try:
                await self.size(execution, file)
            except NoSuchData:
                found.append(file)
        return tuple(found)

    async def copy(self, source: str, target: str, files: Iterable[str]) -> None:
        from obstore import copy_async

        async def one(file: str) -> None:
            try:
                await self.size(target, file)
            except NoSuchData:
                with _asked(file):
                    await copy_async(self._store, _place(source, file), _place(target, file))

        await _some_at_once(one(file) for file in files)

    async def sign(self, execution: str, file: str, seconds: int) -> str | None:
        from obstore import sign_async

        with _asked(file):
            return str(
                await sign_async(self._store, "GET", _place(execution, file), expires_in=timedelta(seconds=seconds))
            )

    async def delete(self, executions: Iterable[str]) -> None:
        import obstore

        for execution in executions:
            with _asked(execution):
                async for batch in obstore.list(self._store, prefix=f"{execution}/"):
                    await obstore.delete_async(self._store, [one["path"] for one in batch])

    async def lying(self, before: int) -> AsyncIterator[tuple[str, list[str]]]:
        """One walk along the store; the files of an execution stand together in it."""
        import obstore

        last, found = "", list[str]()
        with _asked(""):
            async for batch in obstore.list(self._store, chunk_size=1_000):
                for one in batch:
                    execution, _, file = one["path"].partition("/")
                    if execution != last and found:
                        yield last, found
                        found = []
                    last = execution
                    if ids.is_id(execution) and one["last_modified"].timestamp() * 1_000 < before:
                        found.append(file)
        if found:
            yield last, found

    async def take_away(self, execution: str, files: Iterable[str]) -> int:
        import obstore

        places = [_place(execution, file) for file in files]
        with _asked(execution):
            await obstore.delete_async(self._store, places)
        return len(places)

    async def held(self, at_once: int) -> AsyncIterator[list[str]]:
        """They come in the order of their ids, so each comes once."""
        import obstore

        last, found = "", list[str]()
        with _asked(""):
            async for batch in obstore.list(self._store, chunk_size=1_000):
                for one in batch:
                    execution = one["path"].partition("/")[0]
                    if execution != last and ids.is_id(execution):
                        found.append(last := execution)
                while len(found) >= at_once:
                    yield found[:at_once]
                    found = found[at_once:]
        if found:
            yield found

    async def _put(self, execution: str, path: Path, name: str, one: Yield) -> None:
        from obstore import put_async

        told: dict[str, str] = {}
        if isinstance(one, OutputFile):
            shown = quote(one.name.rpartition("/")[2], safe="")
            told = {
                "Content-Type": one.content_type,
                "Content-Disposition": f"attachment; filename*=UTF-8''{shown}",
                "Cache-Control": "no-store",
            }
        await put_async(self._store, _place(execution, name), path, attributes=told, max_concurrency=PARTS_AT_ONCE)


def _open(bucket: Bucket) -> "S3Store":
    address = urlsplit(bucket.url)
    if address.scheme != "s3" or not address.netloc or address.query or address.fragment:
        raise ValueError(f"data_store is `folder` or s3://BUCKET/PREFIX, not {bucket.url!r}.")
    try:
        from obstore.store import S3Store
    except ImportError:
        raise ValueError("data_store in S3 needs the extra `s3`: pip install 'runbell[s3]'.") from None
    told: dict[str, Any] = {
        "endpoint": bucket.endpoint, "region": bucket.region or "us-east-1", "access_key_id": bucket.key_id,
        "secret_access_key": bucket.secret,
    }  # fmt: skip
    return S3Store(
        address.netloc,
        prefix=address.path.strip("/") or None,
        client_options={
            "allow_http": (bucket.endpoint or "").startswith("http://"),
            "connect_timeout": timedelta(seconds=5),
            "read_timeout": _PATIENCE,
            "timeout": timedelta(hours=1),
        },
        retry_config={"max_retries": 5, "retry_timeout": _PATIENCE},
        **{name: text for name, text in told.items() if text is not None},
    )


def _place(execution: str, file: str) -> str:
    """The key of an object; both are names that the house made. Raises NoSuchData for others."""
    if not ids.is_id(execution) or not file.replace(".", "").isalnum():
        raise NoSuchData(file)
    return f"{execution}/{file}"


@contextmanager
def _asked(what: str) -> Iterator[None]:
    """What obstore raises, in the words of the port."""
    from obstore.exceptions import BaseError, NotFoundError

    try:
        yield
    except (NotFoundError, FileNotFoundError) as wrong:
        raise NoSuchData(what) from wrong
    except BaseError as wrong:
        log.warning("object_store_failed", extra={"why": str(wrong).partition("\n")[0][:500]})
        raise CannotReach("The object store does not answer as it should; the server's log says why.") from wrong


async def _some_at_once(tasks: Iterable[Awaitable[None]]) -> None:
    """Do all of them, AT_ONCE at a time. Raises what the first of them raised that failed, once none is under way."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(task: Awaitable[None]) -> None:
        async with room:
            await task

    for answer in await asyncio.gather(*map(one, tasks), return_exceptions=True):
        if answer is not None:
            raise answer


def _remove(files: Iterable[Path]) -> None:
    for file in files:
        with suppress(FileNotFoundError):
            file.unlink()
