"""Where a hand begins: `python -m runbell.runners.hand FD`, FD being its end of the socket to the server."""

import os
import resource
import signal
import socket
import sys


def main() -> None:
    """Make this process small, private and the subreaper of all it starts; then serve."""
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]  # msgspec would import it for 4.5 MB a hand
    from runbell.runners.hand.keeper import Keeper

    del sys.modules["typing_extensions"]
    from runbell.runners.processes import become_subreaper, gain_no_privileges

    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _not_for_hands)  # a handler and no SIG_IGN: what is started must not inherit it
    become_subreaper()
    gain_no_privileges()
    Keeper(socket.socket(fileno=int(sys.argv[1]))).serve()


def _not_for_hands(number: int, _: object) -> None:
    """A terminal's Ctrl+C goes to everyone; only the server decides when a hand leaves."""


main()
