"""An answer that becomes an output file: written as it comes, and there only when it is whole."""

from contextlib import suppress
from hashlib import sha256
from types import TracebackType
from typing import Any, Self

from runbell.authoring.context import Context
from runbell.runners.kinds import StepFailed


class Saving:
    """A file in the making. It lies in the workspace until it is whole, so a broken answer leaves nothing."""

    def __init__(self, ctx: Context, name: str) -> None:
        if not name or name in (".", "..") or "/" in name or "\0" in name or len(name.encode()) > 255:
            raise StepFailed(f"{name[:100]!r} is no name for a file; give `save` one without folders.")
        self._ctx = ctx
        self._name = name
        self._part = ctx.workspace / f".http-{ctx.attempt}-{ctx.epoch}.part"
        self._digest = sha256()
        self._size = 0

    def __enter__(self) -> Self:
        self._file = self._part.open("wb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        with suppress(FileNotFoundError):
            self._part.unlink()

    def take(self, piece: bytes) -> None:
        """The next piece. Raises StepFailed when there is no room."""
        try:
            self._file.write(piece)
        except OSError as error:
            raise StepFailed(f"The answer cannot be saved ({error.strerror}); make room, then restart.") from error
        self._digest.update(piece)
        self._size += len(piece)

    def kept(self) -> dict[str, Any]:
        """It is whole: the file takes its place among the step's output files."""
        try:
            self._file.close()
        except OSError as error:
            raise StepFailed(f"The answer cannot be saved ({error.strerror}); make room, then restart.") from error
        self._part.rename(self._ctx.output_file(self._name))
        return {"file": self._name, "size": self._size, "sha256": self._digest.hexdigest()}
