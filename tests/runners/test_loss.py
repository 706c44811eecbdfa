"""Deaths: of a hand, of the server, of both. Nothing of a step outlives them."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from runbell.domain.outcome import Succeeded
from runbell.ports.runner import HandLost
from runbell.runners.local_hand import LocalHand
from runbell.runners.nursery import Nursery
from tests.runners.workplace import Workplace, living, survivors, text_of, until

pytestmark = pytest.mark.anyio

LEAVING = "sleep 93 & (setsid sleep 92 &) ; setsid env -i sleep 91 & echo $! > pids; touch ready; sleep 60"


async def test_a_killed_hand_is_lost_with_all_it_started(place: Workplace) -> None:
    order = place.order(script=LEAVING)
    running = asyncio.create_task(place.run(order))
    await place.until_ready(order)
    place.hand.process.kill()
    with pytest.raises(HandLost) as loss:
        await running
    assert loss.value.survivors == 0
    assert survivors(order) == []
    assert living(Path(order.home) / "workspace" / "pids") == []


async def test_a_child_of_the_server_that_is_no_hand_outlives_the_death_of_one(place: Workplace) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as writer:  # noqa: ASYNC220 - as the store starts its
        place.hand.process.kill()
        await until(lambda: not place.hand.alive)
        assert await place.hand.buried() == 0
        assert writer.poll() is None
        writer.kill()


async def test_a_killed_hand_takes_its_worker_and_the_workers_forks_along(place: Workplace) -> None:
    place.module(
        "load",
        "import os, time\n"
        "def main():\n"
        "    if not os.fork():\n        os.setsid(); time.sleep(60)\n"
        "    open('pids', 'w').write(f'{os.getpid()}')\n"
        "    open('ready', 'w').close(); time.sleep(60)\n",
    )
    order = place.order(target="load:main")
    running = asyncio.create_task(place.run(order))
    await place.until_ready(order)
    place.hand.process.kill()
    with pytest.raises(HandLost):
        await running
    assert living(Path(order.home) / "workspace" / "pids") == []


async def test_a_dead_hand_is_replaced_and_the_others_go_on(place: Workplace) -> None:
    other = await place.runner.take("default")
    going_on = place.order(script="touch ready; until [ -e go ]; do sleep 0.02; done; echo fine")
    on = asyncio.create_task(other.run(going_on, lambda note: None))
    await place.until_ready(going_on)
    place.hand.process.kill()
    with pytest.raises(HandLost):
        await place.run(argv=("true",))
    place.runner.give_back(place.hand)
    (Path(going_on.home) / "workspace" / "go").touch()
    assert isinstance(await on, Succeeded)
    fresh = await place.runner.take("default")
    assert fresh not in (place.hand, other)
    assert isinstance(await fresh.run(place.order(argv=("true",)), lambda note: None), Succeeded)


async def test_an_idle_hand_that_dies_is_replaced(place: Workplace) -> None:
    place.runner.give_back(place.hand)
    place.hand.process.kill()
    await until(lambda: not place.hand.alive)
    assert await place.hand.buried() == 0
    fresh = await place.runner.take("default")
    assert fresh is not place.hand
    assert isinstance(await fresh.run(place.order(argv=("true",)), lambda note: None), Succeeded)


async def test_a_run_that_nobody_waits_for_any_more_does_not_go_on(place: Workplace) -> None:
    order = place.order(script=LEAVING)
    running = asyncio.create_task(place.run(order))
    await place.until_ready(order)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await place.hand.buried()
    assert survivors(order) == []


async def test_closing_the_runner_ends_what_runs(place: Workplace) -> None:
    order = place.order(script=LEAVING)
    running = asyncio.create_task(place.run(order))
    await place.until_ready(order)
    await place.runner.close()
    with pytest.raises(HandLost):
        await running
    assert survivors(order) == []


async def test_when_the_server_dies_its_hands_end_everything_and_leave(place: Workplace) -> None:
    process, link = Nursery().make()
    hand = LocalHand(process, link, _unburied, {})
    order = place.order(script="echo begun; " + LEAVING)
    running = asyncio.create_task(hand.run(order, lambda note: None))
    await place.until_ready(order)
    hand.leave()  # what the kernel does when the server is killed: end-of-file
    assert await asyncio.to_thread(process.wait, 5) == 0
    assert survivors(order) == []
    assert text_of(order) == "begun\n"
    with pytest.raises(HandLost):
        await running


async def _unburied(hand: LocalHand, execution: str | None) -> int:
    return 0


SERVER = """
import os, socket, sys
from runbell.runners.nursery import Nursery
from runbell.runners.wire import Run, frame
from runbell.ports.runner import StepOrder
import msgspec
process, link = Nursery().make()
link.sendall(frame(Run(msgspec.json.decode(sys.argv[1], type=StepOrder))))
print(process.pid, flush=True)
link.recv(1)
"""


PRIVILEGELESS = """
import asyncio, subprocess, sys
import msgspec
from runbell.ports.runner import HandLost, StepOrder
from runbell.runners.local import LocalRunner
from runbell.runners.processes import become_subreaper, gain_no_privileges

async def main():
    order = msgspec.json.decode(sys.argv[1], type=StepOrder)
    runner = LocalRunner(warm=0)
    hand = await runner.take("default")
    asyncio.get_running_loop().call_later(1, hand.process.kill)
    try:
        await hand.run(order, print)
    except HandLost as loss:
        print(loss.survivors, writer.poll())
    await runner.close()

gain_no_privileges()
become_subreaper()
with subprocess.Popen(["sleep", "60"], start_new_session=True) as writer:
    asyncio.run(main())
    writer.kill()
"""


async def test_a_server_that_may_gain_no_privileges_still_knows_its_orphans(place: Workplace) -> None:
    order = place.order(script=LEAVING)
    command = [sys.executable, "-c", PRIVILEGELESS, msgspec.json.encode(order).decode()]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=30)
    assert done.stdout == "0 None\n", done.stderr
    assert survivors(order) == []


async def test_when_server_and_hand_die_at_once_a_sweep_ends_the_rest(place: Workplace) -> None:
    place.module(
        "load",
        "import os, subprocess, time\n"
        "def main():\n"
        "    subprocess.Popen(['sleep', '90'], start_new_session=True)\n"
        "    forked = os.fork()\n"
        "    if not forked:\n        os.setsid(); time.sleep(60)\n"
        "    open('pids', 'w').write(f'{os.getpid()} {forked}')\n"
        "    open('ready', 'w').close(); time.sleep(60)\n",
    )
    order = place.order(target="load:main")
    command = [sys.executable, "-c", SERVER, msgspec.json.encode(order).decode()]
    with subprocess.Popen(  # noqa: ASYNC220 - a server is started once, here
        command, stdout=subprocess.PIPE, start_new_session=True
    ) as server:
        assert server.stdout is not None
        hand = int(await asyncio.to_thread(server.stdout.readline))
        await place.until_ready(order)
        os.kill(hand, signal.SIGSTOP)  # so that it cannot tidy up before it is killed itself
        server.kill()
        os.kill(hand, signal.SIGKILL)
    await until(lambda: len(living(Path(order.home) / "workspace" / "pids")) == 1)
    assert survivors(order) != []
    assert await place.runner.sweep([order.execution]) == 0
    assert survivors(order) == []
    assert living(Path(order.home) / "workspace" / "pids") == []


async def test_a_sweep_leaves_what_living_hands_run(place: Workplace) -> None:
    order = place.order(script="touch ready; until [ -e go ]; do sleep 0.02; done")
    running = asyncio.create_task(place.run(order))
    await place.until_ready(order)
    assert await place.runner.sweep([order.execution]) == 0
    (Path(order.home) / "workspace" / "go").touch()
    assert isinstance(await running, Succeeded)
