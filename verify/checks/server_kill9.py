"""G-35: no process of a job outlives the server by more than two seconds, nor server and hands beyond the restart.

The death of the hands alone is tried as well: the server ends what they left.
"""

import os
import signal
from collections import Counter
from contextlib import suppress

from verify import processes, zoo
from verify.check import Check, Figure, Trial
from verify.server import Server, serving

MEMBERS = ("obedient", "ignores_term", "nohup", "holds_output", "zoo-daemon-python")
HIDDEN = (
    "daemon",
)  # it has emptied its environment: after the death of its hand too, only a cgroup could tell whose it is
KINDS = ("server", "both", "hands")
ALONE_S = 2.0
RESTART_S = 5.0


def run(trial: Trial) -> Figure:
    """So many deaths: of the server, of server and hands together, of the hands alone, in turn."""
    left: Counter[str] = Counter()
    with serving(trial) as server:
        for turn in range(trial.size):
            mark = f"kill9-{trial.seed}-{turn}-{server.pid}"
            dies = KINDS[turn % len(KINDS)]
            _fill(server, mark, MEMBERS if dies == "both" else MEMBERS + HIDDEN)
            if dies == "hands":
                _kill(server.hands())
            elif dies == "both":
                _kill([*server.hands(), server.pid])
                server.kill()
                server.start()
            else:
                server.kill()
            left[dies] += (remaining := zoo.survivors(mark, RESTART_S if dies == "both" else ALONE_S))
            trial.say(f"killed: {dies}; left: {remaining}")
            processes.end(processes.marked(mark))
            if dies == "server":
                server.start()
            server.settled(20)
    return Figure(
        left.total() == 0, trial.size, {"survivors": left.total(), **{f"of_{kind}": left[kind] for kind in KINDS}}
    )


def _fill(server: Server, mark: str, members: tuple[str, ...]) -> None:
    with server.client() as client:
        for identity in [zoo.start(client, member, mark) for member in members]:
            zoo.wait_until_up(client, identity)


def _kill(pids: list[int]) -> None:
    """At the same instant, as far as there is one: they are frozen first, so that no hand sees the server go."""
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


CHECK = Check(
    name="server-kill9", promise="G-35", says="no process of a job outlives the server, nor the restart",
    run=run, unit="deaths", quick=3, normal=12, full=99, sabotages=("hand-ignores-eof", "no-sweep"),
)  # fmt: skip
