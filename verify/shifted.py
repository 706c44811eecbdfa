"""`runbell serve` by a wall clock that the file CLOCK moves: it holds milliseconds to add. For trials only."""

import os
import sys
from pathlib import Path

sys.path.pop(0)  # this folder: nothing of it is meant to be found by its bare name

from runbell.__main__ import dispatch
from runbell.assembly.system_clock import SystemClock

_file, _now = Path(os.environ["CLOCK"]), SystemClock.now


def _shifted(self: SystemClock) -> int:
    return _now(self) + int(_file.read_text() or 0)


SystemClock.now = _shifted  # type: ignore[method-assign]

sys.exit(dispatch(sys.argv[1:]))
