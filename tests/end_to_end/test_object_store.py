"""A real server whose data lies in a real object store: nothing stays here, everything is fetched from there."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.end_to_end.serving import serving
from tests.weed import BUCKET, KEY_ID, SECRET, ObjectStore, object_store

JOBS = """
job: leaves
steps:
  - {name: leave, python: leaving:leave}
  - {name: gate, shell: 'test -e "%s"', needs: [leave]}
"""
LEAVING = """
from runbell import Context

def leave(ctx: Context):
    ctx.result_set(({"n": n, "text": f"row {n}"} for n in range(5000)), "numbers")
    ctx.exception_records([{"iata": None}], reason="no code")
    ctx.output_file("report.txt").write_text("all is well")
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with object_store(tmp_path_factory.mktemp("weed")) as running:
        yield running


def test_data_goes_to_the_store_and_comes_back_from_it(store: ObjectStore, tmp_path: Path) -> None:
    data, jobs, gate = tmp_path / "data", tmp_path / "jobs", tmp_path / "gate"
    jobs.mkdir()
    (jobs / "leaves.yaml").write_text(JOBS % gate)
    (jobs / "leaving.py").write_text(LEAVING)
    where = {"data_store": f"s3://{BUCKET}/of a server", "s3_endpoint": store.endpoint, "s3_key_id": KEY_ID,
             "s3_secret": SECRET}  # fmt: skip
    with serving(data, jobs, **where) as client, httpx2.Client() as stranger:
        failed = client.wait(client.start("leaves").id)
        gate.touch()
        done = failed.restart(wait=20)
        assert done.status == "succeeded"
        failed.delete()
        assert not [file for file in data.glob("executions/*/*/data/*") if file.is_file()]
        assert [row["n"] for row in done.rows("numbers", after_row=4_990)] == list(range(4_990, 5_000))
        done.download("exceptions", "leave", tmp_path / "bad.csv")
        assert (tmp_path / "bad.csv").read_bytes() == b"reason,iata\r\nno code,\r\n"
        done.download("artifacts", "report.txt", tmp_path / "report.txt")
        link = client.download_link(done.id, "artifacts", "report.txt")
        assert link.download_url.startswith(store.endpoint)
        assert hashlib.sha256(stranger.get(link.download_url).content).hexdigest() == link.sha256
        ours = client.download_link(done.id, "results", "numbers")
        assert len(stranger.get(ours.download_url).text.splitlines()) == 5_001
        done.delete()
        assert stranger.get(link.download_url).status_code == 404
        assert stranger.get(ours.download_url).status_code == 410


def test_a_store_that_is_not_there_fails_the_step_and_says_so(store: ObjectStore, tmp_path: Path) -> None:
    data, jobs = tmp_path / "data", tmp_path / "jobs"
    jobs.mkdir()
    (jobs / "leaves.yaml").write_text(JOBS % jobs)
    (jobs / "leaving.py").write_text(LEAVING)
    where = {"data_store": f"s3://{BUCKET}", "s3_endpoint": store.endpoint, "s3_key_id": KEY_ID, "s3_secret": "wrong"}
    with serving(data, jobs, **where) as client:
        done = client.wait(client.start("leaves").id)
        assert done.status == "failed"
        assert done.error is not None
        assert "object store" in done.error.detail
