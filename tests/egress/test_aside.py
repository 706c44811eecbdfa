"""Work that blocks goes on beside; it has bounded room, and nobody has to wait for it."""

import asyncio
import subprocess
import sys
import threading

import pytest

from runbell.egress.aside import Aside

pytestmark = pytest.mark.anyio


async def test_what_the_work_says_comes_back_and_no_thread_is_left() -> None:
    before = threading.active_count()
    aside = Aside("work", 2)
    assert await aside.run(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await aside.run(lambda: 1 // 0)
    assert threading.active_count() == before


async def test_there_is_room_for_so_many_and_a_waiter_who_leaves_frees_none() -> None:
    aside, go, working = Aside("work", 2), threading.Event(), []

    def work() -> None:
        working.append(1)
        go.wait(10)

    waiting = [asyncio.create_task(aside.run(work)) for _ in range(3)]
    while len(working) < 2:
        await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.gather(waiting[0], return_exceptions=True)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(working) == 2
    go.set()
    await asyncio.gather(*waiting[1:])
    assert len(working) == 3


def test_a_program_ends_while_work_goes_on() -> None:
    program = (
        "import asyncio, time\nfrom runbell.egress.aside import Aside\n"
        "async def main():\n"
        "    task = asyncio.create_task(Aside('work', 1).run(lambda: time.sleep(60)))\n"
        "    await asyncio.sleep(0.05)\n    task.cancel()\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], timeout=20, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
