"""`runbell serve`, with the deadlines of the edge in seconds of our choosing, and a count of what each body cost.

For trials only: the real deadlines take minutes to try. IMPATIENT holds the members of EdgeLimits as JSON; the bytes of
body that each connection brought are written to the file BODIES, a line each.
"""

import json
import os
import sys
from pathlib import Path

sys.path.pop(0)  # this folder: nothing of it is meant to be found by its bare name

from runbell.__main__ import dispatch
from runbell.http import protocol, server
from runbell.http.deadlines import EdgeLimits

_limits = EdgeLimits(**json.loads(os.environ.get("IMPATIENT", "{}")))
server.serve.__kwdefaults__["limits"] = _limits

if _bodies := os.environ.get("BODIES"):
    _lost = protocol.EdgeProtocol.connection_lost

    def _count(self: protocol.EdgeProtocol, exc: Exception | None) -> None:
        with Path(_bodies).open("a") as file:
            file.write(f"{self._progress.received}\n")
        _lost(self, exc)

    protocol.EdgeProtocol.connection_lost = _count  # type: ignore[method-assign]

sys.exit(dispatch(sys.argv[1:]))
