"""G-12, G-14 (H-4): what callers are told of one execution can be put into one order, with lost replies and restarts.

Three callers at once about one execution under a key of its own: they start it (all with the same Idempotency-Key),
look, stop and delete, through a proxy that cuts connections, while the server is killed. Beside what they were told
stands what the steps themselves wrote. Then every history is searched for an order (`verify/linear.py`).
"""

import threading
import time
from collections import Counter, defaultdict
from random import Random

from verify.check import Check, Figure, Trial
from verify.client import Answer, Client, Unanswered
from verify.ledger import Ledger
from verify.linear import ENDS, Call, linearizable
from verify.load import Load
from verify.proxy import CuttingProxy
from verify.server import serving

CALLERS_EACH = 3
CALLERS = 12
TURNS = (2, 5)
CUT = 0.35
EVERY_S = (1.0, 3.0)
VERBS = ("create", "create", "get", "get", "get", "stop", "delete")
SURE = {200, 202, 204, 404, 409, 410}
UNANSWERED_S = 0.15
FOREVER = 1e12


def run(trial: Trial) -> Figure:
    """Make histories, then look for an order of each."""
    ledger = Ledger(trial.folder / "ledger")
    histories: defaultdict[str, list[Call]] = defaultdict(list)
    lock = threading.Lock()

    def act(client: Client, dice: Random, turn: int) -> None:
        key = f"h{turn // CALLERS_EACH}"
        client.close()  # each turn has a connection of its own, which may be cut
        for _ in range(dice.randint(*TURNS)):
            call = _call(client, dice.choice(VERBS), key, str(ledger))
            with lock:
                histories[key].append(call)
            time.sleep(dice.choice((0.0, 0.0, 0.005, 0.03)) if not call.unknown else UNANSWERED_S)

    restarts = 0
    with serving(trial) as server, CuttingProxy(trial.random, CUT) as proxy:
        proxy.target = server.port
        dice = trial.random
        with Load(CALLERS, lambda: proxy.port, trial.seed, act, turns=trial.size * CALLERS_EACH) as load:
            while load.busy:
                load.pause(dice.uniform(*EVERY_S))
                if load.busy and restarts < 2 + trial.size // 200:
                    server.kill()
                    server.start()
                    restarts += 1
        unfinished = not server.settled(60)
        with server.client() as client:
            for key, history in histories.items():
                history.append(_call(client, "get", key, ""))
    for line in ledger.lines():
        histories[line.mark].append(Call(0.0, FOREVER, "ran", 1, line.execution))
    refused = [(key, history) for key, history in sorted(histories.items()) if not linearizable(history)]
    for key, history in refused[:3]:
        trial.say(f"{key} has no order: " + "; ".join(_told(call) for call in sorted(history)))
    told = Counter(call.verb if not call.unknown else "unknown" for history in histories.values() for call in history)
    ends = Counter(call.status for history in histories.values() for call in history if call.status in ENDS)
    trial.say(f"calls: {dict(told)}, ends seen: {dict(ends)}")
    varied = min(told[verb] for verb in ("create", "get", "stop", "delete", "ran", "unknown")) > 0
    return Figure(
        not refused and not unfinished and varied, len(histories),
        {"not_linearizable": len(refused), "unfinished": int(unfinished), "calls": told.total(),
         "unknown": told["unknown"], "cuts": proxy.cuts, "restarts": restarts},
    )  # fmt: skip


def _call(client: Client, verb: str, key: str, ledger: str) -> Call:
    """One call and what was heard of it. What does not say whether it happened is unknown."""
    began = time.monotonic()
    try:
        match verb:
            case "create":
                answer = _start(client, key, ledger)
            case "get":
                answer = client.get(f"/executions/key:{key}")
            case "stop":
                answer = client.post(f"/executions/key:{key}/stop")
            case _:
                answer = client.send("DELETE", f"/executions/key:{key}")
    except Unanswered:
        return Call(began, FOREVER, verb, None)
    if answer.status not in SURE or (verb == "create" and answer.status == 409):
        return Call(began, FOREVER, verb, None)
    body = answer.body if isinstance(answer.body, dict) and answer.status < 300 else {}
    identity = str(body.get("id") or body.get("execution") or "")
    return Call(
        began, time.monotonic(), verb, answer.status, identity.rpartition("/")[2], str(body.get("status", "")),
        str(body.get("outcome", "")),
    )  # fmt: skip


def _start(client: Client, key: str, ledger: str) -> Answer:
    """Both names of it: the key by which the others ask, and the one under which it may be sent again."""
    body = {"params": {"ledger": ledger, "mark": key}, "key": key}
    return client.post("/jobs/note/executions", body, Idempotency_Key=f'"{key}"')


def _told(call: Call) -> str:
    return f"{call.began:.3f} {call.verb} {call.answer} {call.status} {call.outcome} {call.id[-4:]}"


CHECK = Check(
    name="linearize", promise="G-12, G-14", says="what callers are told of an execution fits into one order",
    run=run, unit="histories", quick=300, normal=1_500, full=5_000,
    sabotages=("success-after-stop", "no-idempotency-row"),
)  # fmt: skip
