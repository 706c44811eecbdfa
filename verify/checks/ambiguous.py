"""G-5: who got no answer to a start does not know what became of it, but it was made whole or not at all.

Every reply is cut after some bytes. Then, past the proxy: what stands under the caller's key is nothing, or a whole
execution with its params, its event and its line in the audit log; and the same request again gives just that one.
"""

from typing import Any

from verify.check import Check, Figure, Trial
from verify.client import Answer, Client, Unanswered
from verify.ledger import Ledger
from verify.proxy import CuttingProxy
from verify.server import serving

KILL_EVERY = 25


def run(trial: Trial) -> Figure:
    """Start, lose the reply, look, send again; now and then the server is killed in between."""
    ledger, dice = Ledger(trial.folder / "ledger"), trial.random
    half, other, unknown, made = 0, 0, 0, 0
    with serving(trial) as server, CuttingProxy(trial.random, 1.0) as proxy:
        proxy.target = server.port
        for turn in range(trial.size):
            key, body = f"a{turn}", {"ledger": str(ledger), "mark": f"a{turn}"}
            with Client(proxy.port) as cut:
                try:
                    answer = _start(cut, key, body)
                except Unanswered:
                    answer, unknown = None, unknown + 1
            if turn % KILL_EVERY == KILL_EVERY - 1 and dice.random() < 0.5:
                server.kill()
                server.start()
            with server.client() as client:
                found = client.get(f"/executions/key:{key}")
                made += answer is None and found.status == 200
                again = _start(client, key, body)
                if found.status == 200 and not _whole(client, found.body, body):
                    half += 1
                    trial.say(f"{key} is there by halves: {found.body}")
                known = {one.body["id"] for one in (answer, found, again) if one is not None and one.ok}
                if len(known) != 1 or found.status not in (200, 404) or not again.ok:
                    other += 1
                    trial.say(f"{key}: {answer} {found.status} {again.status} {known}")
        rows = [str(row["key"]) for row in server.executions()]
    twice = len(rows) - len(set(rows))
    return Figure(
        not (half or other or twice) and unknown > 0 and made > 0, unknown,
        {"half": half, "other_id": other, "twice": twice, "made_unheard": made, "cuts": proxy.cuts},
    )  # fmt: skip


def _start(client: Client, key: str, params: dict[str, Any]) -> Answer:
    body = {"params": params, "key": key}
    return client.post("/jobs/note/executions", body, Idempotency_Key=f'"{key}"')


def _whole(client: Client, execution: dict[str, Any], params: dict[str, Any]) -> bool:
    """What belongs to a start is there: what it was given, that it was told, and who did it."""
    told = client.get("/events?limit=1000&types=execution.queued").body["items"]
    noted = client.get("/audit?action=executions.start&limit=1000").body["items"]
    return (
        execution["params"] == params
        and execution["id"] in {event["execution"] for event in told}
        and execution["id"] in {entry["object"] for entry in noted}
    )


CHECK = Check(
    name="ambiguous", promise="G-5", says="a start without an answer is there whole or not at all, and once",
    run=run, unit="starts", quick=150, normal=900, full=900, sabotages=("no-idempotency-row",),
)  # fmt: skip
