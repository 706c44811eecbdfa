"""Taking care of the zoo: start its members, see that they are up, and count who is left of them."""

import time
from typing import Final

from verify import processes
from verify.check import CannotCheck
from verify.client import Client

COMMANDS: Final = (
    "obedient", "ignores_term", "stopped", "blocked_reader", "fork_chain", "daemon", "thousand", "nohup",
    "holds_output", "fork_bomb",
)  # fmt: skip
PYTHON: Final = ("zoo-python", "zoo-daemon-python")
UP_S: Final = 30.0


def start(client: Client, member: str, mark: str) -> str:
    """Start a member of the zoo; the execution's id."""
    if member in PYTHON:
        return client.started(member, {"mark": mark})
    return client.started("zoo", {"member": member, "mark": mark})


def wait_until_up(client: Client, identity: str) -> None:
    """Return once the member says that it is what it wants to be."""
    until = time.monotonic() + UP_S
    while time.monotonic() < until:
        log = client.get(f"/executions/{identity}/logs", Accept="text/plain")
        if log.ok and b"up" in log.body:
            return
        time.sleep(0.05)
    raise CannotCheck(f"A member of the zoo did not come up: {client.execution(identity)}")


def survivors(mark: str, seconds: float) -> int:
    """How many processes of that mark are left after so many seconds at most."""
    until = time.monotonic() + seconds
    while (left := processes.marked(mark)) and time.monotonic() < until:
        time.sleep(0.05)
    return len(left)
