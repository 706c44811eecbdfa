"""An execution whose step has left a result set, exception records and a file, without anybody having worked."""

from pathlib import Path

from runbell.domain.data import OutputFile
from runbell.domain.execution import Execution, StepExecution
from runbell.domain.status import StepStatus
from runbell.operations.ports import Ports
from runbell.ports.store import Advance, Claim
from runbell.rows.write import RowsWriter


async def leave(ports: Ports, made: Execution, name: str) -> None:
    """Let its step have left one of each kind, called `name`; the execution still runs."""
    at, folder = ports.clock.now(), ports.artifacts.home(made.id) / "data"
    (taken,) = await ports.store.claim([Claim(number=made.number, worker="nobody", at=at)])
    assert taken is not None
    rows = RowsWriter(str(folder), "result", name)
    rows.add({"name": name})
    records = RowsWriter(str(folder), "exceptions", name)
    records.add({"name": name}, "odd")
    data = (rows.close(), records.close(), _file(folder, name))
    step = StepExecution(name="a", kind="command", status=StepStatus.SUCCEEDED, started_at=at, ended_at=at, data=data)
    await ports.store.advance(Advance(number=made.number, epoch=taken.epoch, at=at, steps=(step,), left=(1, 1)))


def _file(folder: Path, name: str) -> OutputFile:
    content = f"of {name}".encode()
    kept = "f" * 32
    (folder / kept).write_bytes(content)
    return OutputFile(name=name, file=kept, size=len(content), sha256="0" * 64, content_type="text/plain")
