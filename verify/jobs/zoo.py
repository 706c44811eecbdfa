#!/usr/bin/env python3
"""The zoo: processes that ignore, hide, multiply, hang and hold on. `zoo.py MEMBER MARK`; by the mark they are found.

Every member says `up` when it is what it wants to be.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

LONG_S = 600


def sleeper(mark: str, **more: object) -> "subprocess.Popen[bytes]":
    """A child that sleeps, with the mark in its command line."""
    command = [sys.executable, "-c", f"import time; time.sleep({LONG_S})  # {mark}"]
    return subprocess.Popen(command, **more)  # type: ignore[call-overload,no-any-return]


def up() -> None:
    print("up", flush=True)


def wait() -> None:
    while True:
        time.sleep(LONG_S)


def obedient(mark: str) -> None:
    """Ends at once when asked."""
    up()
    wait()


def ignores_term(mark: str) -> None:
    """Does not hear SIGTERM, nor does its child."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sleeper(mark)
    up()
    wait()


def stopped(mark: str) -> None:
    """Freezes itself with SIGSTOP, and ignores SIGTERM when thawed."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    up()
    while True:
        os.kill(os.getpid(), signal.SIGSTOP)


def blocked_reader(mark: str) -> None:
    """Blocks for ever in read(2) of a pipe that nobody writes."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    mine, _ = os.pipe()
    up()
    os.read(mine, 1)


def fork_chain(mark: str) -> None:
    """Every 10 ms it forks and the parent leaves: nobody is where he was."""
    up()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        if os.fork():
            time.sleep(0.01)
            os._exit(0) if os.getpid() != LEADER else wait()
        time.sleep(0.01)


def daemon(mark: str) -> None:
    """Forks twice and leaves the session; its environment is empty. The leader then only waits."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            code = f"import signal, time; signal.signal(15, 1); time.sleep({LONG_S})  # {mark}"
            os.execve(sys.executable, [sys.executable, "-c", code], {})
        os._exit(0)
    os.wait()
    time.sleep(0.3)
    up()
    wait()


def orphan_daemon(mark: str) -> None:
    """As `daemon`, but the leader ends at once with success: what it left must not stay."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            code = f"import signal, time; signal.signal(15, 1); time.sleep({LONG_S})  # {mark}"
            os.execve(sys.executable, [sys.executable, "-c", code], {})
        os._exit(0)
    os.wait()
    up()


def thousand(mark: str) -> None:
    """1,000 children, each in a session of its own."""
    for _ in range(1_000):
        if os.fork() == 0:
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            wait()
    up()
    wait()


def nohup(mark: str) -> None:
    """A child under nohup, in the background of a shell."""
    subprocess.Popen(["/bin/sh", "-c", f"nohup sh -c 'sleep {LONG_S}; : {mark}' >/dev/null 2>&1 & wait"])
    up()
    wait()


def holds_output(mark: str) -> None:
    """The leader ends at once; children of it keep its standard output open."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for _ in range(5):
        sleeper(mark, start_new_session=True)
    up()
    wait()


def fork_bomb(mark: str) -> None:
    """Each forks, and so do its children, up to 300 at once."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    up()
    depth = 0
    while depth < 8:
        os.fork()
        depth += 1
    wait()


def in_c_code(mark: str) -> None:
    """A Python step deep in C code that never looks at signals."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path("up").write_text(mark)
    up()
    pow(3, 3**19)
    wait()


def leaves_a_daemon(mark: str) -> None:
    """A Python step with a daemonised child, which waits for it."""
    sleeper(mark, start_new_session=True)
    up()
    wait()


LEADER = os.getpid()
MEMBERS = {
    member.__name__: member
    for member in (
        obedient, ignores_term, stopped, blocked_reader, fork_chain, daemon, thousand, nohup, holds_output, fork_bomb,
    )
}  # fmt: skip

if __name__ == "__main__":
    ({"orphan_daemon": orphan_daemon} | MEMBERS)[sys.argv[1]](sys.argv[2])
