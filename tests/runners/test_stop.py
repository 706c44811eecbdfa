"""Stop always wins: whatever a step has started is gone within the grace and a second, and nothing else is touched."""

import asyncio
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from runbell.domain.outcome import Failed, Gone, Succeeded
from runbell.runners import processes
from tests.runners.workplace import Workplace, survivors, text_of, until

pytestmark = pytest.mark.anyio

PYTHON_ZOO = {
    "a thousand children": """
import os, time
for n in range(1000):
    if not os.fork():
        time.sleep(60); os._exit(0)
open('ready', 'w').close()
time.sleep(60)
""",
    "fork chain": """
import os, time
if os.fork():
    open('ready', 'w').close(); time.sleep(60)
while True:
    if os.fork():
        os._exit(0)
    os.setsid()
    time.sleep(0.001)
""",
    "deep chain of waiting parents": """
import os, time
for n in range(300):
    if os.fork():
        os.wait(); os._exit(0)
open('ready', 'w').close()
time.sleep(60)
""",
    "fork bomb, bounded": """
import os, time, mmap
count = mmap.mmap(-1, 8)
def more():
    n = int.from_bytes(count[:4], 'little'); count[:4] = (n + 1).to_bytes(4, 'little'); return n < 1500
open('ready', 'w').close()
while more():
    os.fork()
time.sleep(60)
""",
}
SHELL_ZOO = {
    "SIGTERM ignored": "trap '' TERM HUP INT; touch ready; while :; do sleep 0.05; done",
    "stopped by itself": "touch ready; kill -STOP $$; sleep 60",
    "stopped child": "sleep 60 & kill -STOP $!; touch ready; wait",
    "blocked pipe reader": "mkfifo pipe; touch ready; cat pipe",
    "double-forked daemon": "(setsid sh -c 'trap \"\" TERM; sleep 60 & sleep 60' &) ; touch ready; sleep 60",
    "nohup": "nohup sleep 60 > /dev/null 2>&1 & touch ready; sleep 60",
    "children that hold the output open": "for n in 1 2 3; do setsid sleep 60 & done; touch ready; sleep 60",
    "flood": "touch ready; yes",
    "environment cleared": "setsid env -i sleep 60 & touch ready; sleep 60",
}


async def _ended(place: Workplace, order: object, grace_ms: int = 300) -> Gone:
    gone, seconds = await place.stop(order, grace_ms=grace_ms)  # type: ignore[arg-type]
    assert gone.survivors == 0
    assert survivors(order) == []  # type: ignore[arg-type]
    left = processes.descendants(place.hand.process.pid)
    assert [each for each in left if each.living] == [], "an orphan that is dead may still wait to be collected"
    assert seconds < grace_ms / 1000 + 1 + 3, "far over: the machine of the test may be slow, but not that slow"
    assert gone.gone_at is not None
    return gone


@pytest.mark.parametrize("animal", SHELL_ZOO)
async def test_a_stop_ends_every_command(place: Workplace, animal: str) -> None:
    await _ended(place, place.order(script=SHELL_ZOO[animal]))


@pytest.mark.parametrize("animal", PYTHON_ZOO)
async def test_a_stop_ends_every_crowd(place: Workplace, animal: str) -> None:
    await _ended(place, place.order(argv=("python3", "-S", "-c", PYTHON_ZOO[animal])))


@pytest.mark.parametrize(
    "body",
    [
        "import re; re.match(r'(a|aa)+$', 'a' * 60 + 'b')",
        "import ctypes; ctypes.PyDLL(None).sleep(60)",
        "import signal, time; signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)); time.sleep(60)",
        "import os, time; os.fork(); os.setsid() if os.getpid() != os.getsid(0) else 0; time.sleep(60)",
        "import subprocess; subprocess.run(['sh', '-c', 'trap \"\" TERM; sleep 60 & wait; sleep 60'])",
    ],
)
async def test_a_stop_ends_python_that_never_listens(place: Workplace, body: str) -> None:
    place.module("load", f"def main():\n    open('ready', 'w').close()\n    {body}\ndef fine(): pass")
    await _ended(place, place.order(target="load:main"), grace_ms=150)
    assert isinstance(await place.run(target="load:fine"), Succeeded)


async def test_python_that_waits_is_woken_and_may_tidy_up(place: Workplace) -> None:
    place.module(
        "load",
        "import time\n"
        "def main():\n"
        "    try:\n        open('ready', 'w').close(); time.sleep(60)\n"
        "    except Exception: print('an exception')\n"
        "    finally: print('tidied')\n",
    )
    order = place.order(target="load:main")
    gone, seconds = await place.stop(order, grace_ms=20_000)
    assert seconds < 10
    assert gone.forced_at is None
    assert text_of(order) == "tidied\n"


async def test_python_that_asks_for_the_stop_is_left_to_end_by_itself(place: Workplace) -> None:
    place.module(
        "load",
        "import time\n"
        "def main(ctx):\n"
        "    assert not ctx.stop_requested\n"
        "    open('ready', 'w').close()\n"
        "    while not ctx.stop_requested: time.sleep(0.01)\n"
        "    print('saw it'); return 'half'\n",
    )
    order = place.order(target="load:main")
    gone, _ = await place.stop(order, grace_ms=20_000)
    assert gone.forced_at is None
    assert text_of(order) == "saw it\n"


async def test_a_polite_command_is_not_forced_and_its_last_words_are_kept(place: Workplace) -> None:
    order = place.order(script="trap 'echo bye; exit 0' TERM; touch ready; while :; do sleep 0.02; done")
    gone = await _ended(place, order, grace_ms=20_000)
    assert gone.signalled_at is not None
    assert gone.forced_at is None
    assert text_of(order, "out") == "bye\n"


async def test_a_frozen_command_is_thawed_to_obey(place: Workplace) -> None:
    order = place.order(script="trap 'echo bye; exit 0' TERM; touch ready; kill -STOP $$; sleep 60")
    gone = await _ended(place, order, grace_ms=20_000)
    assert gone.forced_at is None
    assert text_of(order, "out") == "bye\n"


async def test_children_of_a_command_have_the_grace_too(place: Workplace) -> None:
    order = place.order(
        script="(trap 'sleep 0.2; echo tidied; exit 0' TERM; touch ready; while :; do sleep 0.02; done) & sleep 60"
    )
    gone = await _ended(place, order, grace_ms=20_000)
    assert gone.forced_at is None
    assert text_of(order, "out") == "tidied\n"


async def test_a_stop_without_grace_forces_at_once(place: Workplace) -> None:
    order = place.order(script="trap 'echo never' TERM; touch ready; while :; do sleep 0.02; done")
    gone = await _ended(place, order, grace_ms=0)
    assert gone.signalled_at is None
    assert gone.forced_at is not None
    assert text_of(order) == ""


async def test_a_second_stop_may_only_shorten_the_grace(place: Workplace) -> None:
    order = place.order(script=SHELL_ZOO["SIGTERM ignored"])
    running = asyncio.create_task(place.run(order))
    await place.until_ready(order)
    place.hand.stop(grace_ms=60_000)
    place.hand.stop(grace_ms=0)
    place.hand.stop(grace_ms=60_000)
    gone = await asyncio.wait_for(running, 10)
    assert isinstance(gone, Gone)
    assert gone.signalled_at is not None
    assert gone.forced_at is not None


async def test_a_stop_wins_over_a_success_that_comes_within_the_grace(place: Workplace) -> None:
    order = place.order(script="trap 'exit 0' TERM; touch ready; while :; do sleep 0.02; done")
    assert isinstance(await _ended(place, order), Gone)


async def test_a_stop_of_nothing_is_nothing(place: Workplace) -> None:
    place.hand.stop(grace_ms=0)
    assert isinstance(await place.run(argv=("true",)), Succeeded)


async def test_a_stop_while_the_time_limit_ends_it_is_a_stop(place: Workplace) -> None:
    order = place.order(script=SHELL_ZOO["SIGTERM ignored"], timeout_ms=1, grace_ms=60_000)
    running = asyncio.create_task(place.run(order))
    await asyncio.sleep(0.2)
    place.hand.stop(grace_ms=0)
    assert isinstance(await asyncio.wait_for(running, 10), Gone | Failed)


async def test_a_step_of_the_same_execution_in_another_hand_goes_on(place: Workplace) -> None:
    other = await place.runner.take("default")
    stopped = place.order(script="touch ready; sleep 60")
    going_on = place.order(execution=stopped.execution, script="touch other; until [ -e go ]; do sleep 0.02; done")
    on = asyncio.create_task(other.run(going_on, lambda note: None))
    await until((Path(going_on.home) / "workspace" / "other").exists)
    await place.stop(stopped)
    (Path(going_on.home) / "workspace" / "go").touch()
    assert isinstance(await on, Succeeded)


async def test_an_idle_worker_outlives_the_stop_of_a_command(place: Workplace) -> None:
    place.module("load", "import os\ndef main(): return os.getpid()")
    before = await place.run(target="load:main")
    await place.stop(place.order(script=SHELL_ZOO["SIGTERM ignored"]), grace_ms=50)
    assert await place.run(target="load:main") == before


def test_a_recycled_pid_is_never_signalled() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        process = processes.look(child.pid)
        assert process is not None
        assert not processes.send(process._replace(start=process.start - 1), signal.SIGKILL)
        assert child.poll() is None
        assert processes.send(process, signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    assert not processes.send(process, signal.SIGKILL)


def test_processes_that_cannot_be_ended_are_counted() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        process = processes.look(child.pid)
        assert process is not None
        stubborn = process._replace(start=0)  # never the one that is there, so no signal reaches it
        begun = time.monotonic()
        assert processes.end_all(lambda: iter([stubborn]), lambda: None, 0.05) == 1
        assert time.monotonic() - begun < 2
        child.kill()


def test_descendants_are_found_with_their_own_children(tmp_path: Path) -> None:
    script = "sh -c 'sleep 60 & sleep 60 & wait' & wait"
    with subprocess.Popen(["sh", "-c", script], start_new_session=True) as shell:
        while len([*processes.descendants(shell.pid)]) < 3:
            time.sleep(0.005)
        found = {each.pid for each in processes.descendants(shell.pid)}
        inner = next(each.pid for each in processes.descendants(shell.pid))
        assert {each.pid for each in processes.descendants(shell.pid, (inner,))} == set()
        assert all(processes.below(pid, (shell.pid,)) for pid in found)
        assert not processes.below(os.getpid(), (shell.pid,))
        os.killpg(shell.pid, signal.SIGKILL)
