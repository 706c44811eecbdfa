"""G-50: ten attempts over 75 h 35 m, no redirection followed, Retry-After kept, a dead endpoint in nobody's way."""

import asyncio
import threading
import time
from collections import defaultdict
from contextlib import AsyncExitStack
from functools import partial

from runbell.domain.delivery import DELAYS_MS, JITTER
from runbell.domain.endpoint import OWN_FORMAT
from runbell.domain.identity import SCOPES, Actor
from runbell.egress.outlet import Outlet
from runbell.egress.policy import read_policy
from runbell.engine import courier as couriers
from runbell.notifiers.webhook import WebhookNotifier
from runbell.operations import define_job, subscribe
from runbell.operations.subscribe import Wanted
from runbell.operations.trigger import Asked, trigger
from runbell.ports.webhook_table import DeliveryQuery
from verify.check import Check, Figure, Trial
from verify.model.premises import MINE, premises
from verify.receiver import Receiver

HOUR_MS = 3_600_000
LATEST_S = 2.0
JOB = {"steps": [{"name": "a", "command": ["true"]}]}


class Clock:
    """Real time, and as much more as it is told."""

    def __init__(self) -> None:
        self.ahead = 0

    def now(self) -> int:
        return time.time_ns() // 1_000_000 + self.ahead

    def monotonic(self) -> float:
        return time.monotonic()


def run(trial: Trial) -> Figure:
    """One receiver of each kind under a clock that jumps, then a crowd beside one that never answers."""
    return asyncio.run(_run(trial))


async def _run(trial: Trial) -> Figure:
    came: defaultdict[str, list[int]] = defaultdict(list)
    clock, lock = Clock(), threading.Lock()

    def answer(path: str, _: str) -> tuple[int, dict[str, str]]:
        with lock:
            came[path].append(clock.now())
        return {
            "/fails": (500, {}), "/gone": (410, {}), "/later": (429, {"retry-after": "7200"}),
            "/away": (307, {"location": "/elsewhere"}), "/silent": (0, {}),
        }.get(path, (204, {}))  # fmt: skip

    async with AsyncExitStack() as stack:
        receiver = stack.enter_context(Receiver(answer))
        place = await stack.enter_async_context(premises(trial.folder))
        outlet = await stack.enter_async_context(Outlet(read_policy("127.0.0.1")))
        object.__setattr__(place.ports, "clock", clock)
        object.__setattr__(place.ports.telling, "policy", read_policy("127.0.0.1"))
        actor = Actor("key:x", MINE, frozenset(SCOPES))
        notifier = {couriers.WEBHOOK: WebhookNotifier(outlet, timeout_s=15)}
        courier = couriers.Courier(place.ports, {OWN_FORMAT: place.door.format}, notifier, dice=trial.random.random)
        listens = partial(_listens, place.ports, actor, receiver.url)
        for kind in ("fails", "gone", "later", "away"):
            await listens(kind)
        await define_job.put(place.ports, actor, "ring", JOB)
        number = (await trigger(place.ports, actor, Asked(job="ring"))).execution.number
        await _through_time(courier, place.ports.store, clock, number)
        wrong, tries = await _wrong(place.ports, actor, came), list(came["/fails"])
        others = await _beside_the_silent(trial, courier, place.ports, actor, listens, came)
    for sentence in wrong:
        trial.say(sentence)
    p99 = sorted(others)[int(len(others) * 0.99)] if others else 99.0
    held = not wrong and len(others) == trial.size and p99 <= LATEST_S
    span = (tries[-1] - tries[0]) / HOUR_MS
    return Figure(
        held, trial.size,
        {"p99_other_endpoints_s": p99, "attempts": len(tries), "hours": span,
         "followed": len(came["/elsewhere"]), "wrong": len(wrong)},
    )  # fmt: skip


async def _listens(ports: object, actor: Actor, base: str, kind: str) -> None:
    wanted = Wanted(name=kind, url=f"{base}/{kind}", events=("execution.queued",), job="ring")
    await subscribe.create(ports, actor, wanted, "v1", None)  # type: ignore[arg-type]


async def _through_time(courier: couriers.Courier, store: object, clock: Clock, number: int) -> None:
    """Send what is due, and jump to the next, until nothing is on its way any more."""
    while True:
        await courier.once()
        open_ = [one for one in await store.deliveries(DeliveryQuery(execution=number)) if one.state == "due"]  # type: ignore[attr-defined]
        if not open_:
            return
        clock.ahead += max(0, min(one.due_at for one in open_) - clock.now())


async def _wrong(ports: object, actor: Actor, came: dict[str, list[int]]) -> list[str]:
    found = []
    for path in ("/fails", "/away"):
        gaps = [after - before for before, after in zip(came[path], came[path][1:], strict=False)]
        slack = 3_000
        if len(gaps) != 9 or any(
            not delay * (1 - JITTER) - slack <= gap <= delay * (1 + JITTER) + slack
            for gap, delay in zip(gaps, DELAYS_MS[1:], strict=False)
        ):
            found.append(f"{path} was tried at {gaps} ms after one another")
    later = came["/later"]
    if len(later) < 2 or later[1] - later[0] < 2 * HOUR_MS:
        found.append("Retry-After was not waited for")
    if len(came["/gone"]) != 1 or (await subscribe.one(ports, actor, "gone")).disabled_why != "gone":  # type: ignore[arg-type]
        found.append("410 did not end it")
    if came["/elsewhere"]:
        found.append("a redirection was followed")
    return found


async def _beside_the_silent(
    trial: Trial, courier: couriers.Courier, ports: object, actor: Actor, listens: object, came: dict[str, list[int]]
) -> list[float]:
    """How long deliveries to one that answers took, beside one that never does; in seconds."""
    await listens("silent")  # type: ignore[operator]
    await listens("well")  # type: ignore[operator]
    serving = asyncio.create_task(courier.serve())
    began: list[int] = []
    for _ in range(trial.size):
        began.append(ports.clock.now())  # type: ignore[attr-defined]
        await trigger(ports, actor, Asked(job="ring"))  # type: ignore[arg-type]
        courier.nudge()
        await asyncio.sleep(0.005)
    until = time.monotonic() + 30
    while len(came["/well"]) < trial.size and time.monotonic() < until:  # noqa: ASYNC110 - a thread hears them
        await asyncio.sleep(0.02)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    return [(after - before) / 1_000 for before, after in zip(began, sorted(came["/well"]), strict=False)]


CHECK = Check(
    name="webhook-sched", promise="G-50", says="ten attempts over three days, and a dead endpoint delays no other",
    run=run, unit="deliveries", quick=100, normal=400, full=2_000,
    sabotages=("redirects-followed-by-webhooks", "one-sender"),
)  # fmt: skip
