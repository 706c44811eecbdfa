"""Data in a real object store: brought over whole, read in parts, signed by the store, gone in its time."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from msgspec import structs

from runbell.artifacts import ExecutionFolders
from runbell.artifacts.data_objects import Bucket, DataObjects
from runbell.domain.data import parts
from runbell.domain.ids import new_id
from runbell.ports.data_files import CannotKeep, CannotReach, NoSuchData
from tests.builders import NOON
from tests.left_behind import file, folder, rows
from tests.weed import ObjectStore, object_store

pytestmark = pytest.mark.anyio
_prefixes = count(1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with object_store(tmp_path_factory.mktemp("weed")) as running:
        yield running


@pytest.fixture
def bucket(store: ObjectStore) -> Bucket:
    return store.bucket(f"of a test/{next(_prefixes)}")


def opened(bucket: Bucket, root: Path) -> ExecutionFolders:
    return ExecutionFolders(root / "executions", DataObjects(bucket, root / "executions"))


async def whole(folders: ExecutionFolders, execution: str, name: str, *part: int) -> bytes:
    return b"".join([piece async for piece in folders.data.stream(execution, name, *part)])


async def test_what_a_step_left_is_brought_over_and_read_in_parts(tmp_path: Path, bucket: Bucket) -> None:
    folders, execution = opened(bucket, tmp_path), new_id(NOON)
    local = folder(tmp_path, execution)
    large = bytes(range(256)) * 30_000
    left = (rows(local, [{"a": n} for n in range(2_000)]), file(local, "ä/x y.csv", large, "text/csv"))
    await folders.data.publish(execution, left)
    assert list(local.iterdir()) == []
    assert await folders.data.missing(execution, [*parts(left), "0" * 32]) == ("0" * 32,)
    assert await folders.data.size(execution, left[1].file) == len(large)
    assert await whole(folders, execution, left[1].file) == large
    assert await whole(folders, execution, left[1].file, 255, 3) == b"\xff\x00\x01"
    assert await folders.data.read(execution, left[1].file, len(large) - 1, 9) == b"\xff"
    assert await folders.data.read(execution, left[1].file, len(large), 9) == b""
    with pytest.raises(NoSuchData):
        await whole(folders, execution, "0" * 32)


async def test_the_store_signs_for_one_file_and_a_while(tmp_path: Path, bucket: Bucket) -> None:
    folders, execution = opened(bucket, tmp_path), new_id(NOON)
    left = [file(folder(tmp_path, execution), f"x{n}.csv", b"content %d" % n, "text/csv") for n in range(2)]
    await folders.data.publish(execution, left)
    url = await folders.data.sign(execution, left[0].file, 60)
    short = await folders.data.sign(execution, left[0].file, 1)
    assert url is not None
    assert short is not None
    async with httpx2.AsyncClient() as client:
        found = await client.get(url)
        assert (found.status_code, found.content) == (200, b"content 0")
        assert found.headers["content-disposition"] == "attachment; filename*=UTF-8''x0.csv"
        address = urlsplit(url)
        tampered = [
            url.replace(left[0].file, left[1].file),  # a foreign file
            url[:-1] + ("0" if url[-1] != "0" else "1"),
            url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"),
            f"{address.scheme}://{address.netloc}{address.path}",
        ]
        for wrong in tampered:
            assert wrong != url
            assert (await client.get(wrong)).status_code == 403, wrong
        assert (await client.delete(url)).status_code == 403
        async with asyncio.timeout(20):
            while (await client.get(short)).status_code == 200:
                await asyncio.sleep(0.2)
        assert (await client.get(short)).status_code == 403
        await folders.delete([execution])
        assert (await client.get(url)).status_code == 404


async def test_no_changed_sign_and_no_cut_leaves_a_link_of_the_store_good(tmp_path: Path, bucket: Bucket) -> None:
    folders, execution = opened(bucket, tmp_path), new_id(NOON)
    left = file(folder(tmp_path, execution), "x.csv", b"protected", "text/csv")
    await folders.data.publish(execution, [left])
    url = await folders.data.sign(execution, left.file, 600)
    assert url is not None
    start = url.index("/", len("http://"))
    changed = [url[:end] for end in range(start + 1, len(url))]
    for place in range(start + 1, len(url)):
        if "%" not in url[place - 2 : place + 1]:  # in %2F and %2f there is no difference
            changed += [url[:place] + sign + url[place + 1 :] for sign in "a0Z" if sign != url[place]]
    async with httpx2.AsyncClient() as client:
        for wrong in changed:
            with suppress(httpx2.TransportError):  # some it answers by hanging up
                assert b"protected" not in (await client.get(wrong)).content, wrong
        assert (await client.get(url)).content == b"protected"
    assert len(changed) > 1_000


async def test_a_restart_has_copies_that_outlive_their_source(tmp_path: Path, bucket: Bucket) -> None:
    folders, source, target = opened(bucket, tmp_path), new_id(NOON), new_id(NOON + 1)
    left = [rows(folder(tmp_path, source), [{"a": 1}])]
    await folders.data.publish(source, left)
    for _ in range(2):
        await folders.data.copy(source, target, parts(left))
    await folders.strip([source], log=False, data=True)
    assert await folders.data.missing(source, parts(left)) == tuple(parts(left))
    assert await whole(folders, target, left[0].file) == b"[1]\n"
    assert [batch async for batch in folders.data.held(10)] == [[target]]
    with pytest.raises(NoSuchData):
        await folders.data.copy(source, new_id(NOON + 2), parts(left))


async def test_what_cannot_be_brought_over_fails_the_step_and_stays_here(tmp_path: Path, bucket: Bucket) -> None:
    wrong = structs.replace(bucket, secret="another-secret")
    folders, execution = opened(wrong, tmp_path), new_id(NOON)
    local = folder(tmp_path, execution)
    left = [rows(local, [{"a": 1}])]
    with pytest.raises(CannotKeep, match="restart it"):
        await folders.data.publish(execution, left)
    assert len(list(local.iterdir())) == 2
    with pytest.raises(CannotReach):
        await folders.data.size(execution, left[0].file)
    await folders.delete([execution])  # what cannot be reached now is left to the sweep
    assert [batch async for batch in folders.held(10)] == []


@pytest.mark.parametrize("url", ["s3:bucket", "http://bucket", "s3://", "s3://bucket?x=1", "folders"])
def test_an_address_that_is_none_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="s3://BUCKET/PREFIX"):
        DataObjects(Bucket(url=url), tmp_path)


async def test_what_no_step_names_is_found_by_its_age_and_taken_away_alone(tmp_path: Path, bucket: Bucket) -> None:
    folders, one, other = opened(bucket, tmp_path), new_id(NOON), new_id(NOON + 1)
    kept = {}
    for execution in (one, other):
        kept[execution] = [rows(folder(tmp_path, execution), [{"a": n}]) for n in range(2)]
        await folders.data.publish(execution, kept[execution])
    soon = NOON * 10
    found = [batch async for batch in folders.lying(10, soon)]
    assert found == [
        {execution: sorted(f"data/{name}" for name in parts(kept[execution])) for execution in (one, other)}
    ]
    assert [batch async for batch in folders.lying(1, soon)] == [{one: found[0][one]}, {other: found[0][other]}]
    assert [batch async for batch in folders.lying(10, 0)] == []
    over = [f"data/{name}" for name in parts(kept[one][:1])]
    assert await folders.take_away(one, over) == 2
    assert await folders.data.missing(one, parts(kept[one])) == tuple(parts(kept[one][:1]))
    assert await folders.data.missing(other, parts(kept[other])) == ()
