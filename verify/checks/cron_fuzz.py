"""G-46: any text as a cron line is refused or understood at once; what is understood names times that come."""

import time
from contextlib import suppress
from random import Random
from types import SimpleNamespace

from runbell.assembly.cron_lines import local_times
from runbell.domain.definition import read_job
from runbell.domain.faults import InvalidDefinition
from runbell.operations.timed import timed
from verify.check import Check, Figure, Trial

NOON, LIMIT_S, FIFTY_YEARS_MS = 1_900_000_000_000, 0.1, 50 * 366 * 86_400_000
IMPOSSIBLE = (
    "0 0 30 2 *", "0 0 31 2 *", "0 0 31 4,6,9,11 *", "0 0 30 2 */2", "0 0 30,31 feb *", "0 0 31 2,4 */7",
)  # fmt: skip
SELDOM = ("0 0 29 2 *", "0 0 29 2 */6", "0 0 29 2 1#5", "0 0 * 2 mon#5", "59 23 31 12 *", "0 0 LW 2 *", "0 0 29 2 0")
WORDS = (
    "*", "L", "LW", "mon", "sun", "jan", "dec", "1#5", "5L", "7", "0", "31", "60", "24", "-1", "1e9", "٣", "", "?",
    "\0",
)  # fmt: skip
MOST_SLOW = 3


def run(trial: Trial) -> Figure:
    """So many lines, made at random around what is allowed; then those that never come, and those that seldom do."""
    dice = trial.random
    slow = wrong = accepted = refused = 0
    for turn in range(trial.size):
        line = _line(dice) if turn >= len(SELDOM + IMPOSSIBLE) else (SELDOM + IMPOSSIBLE)[turn]
        began = time.perf_counter()
        try:
            first = _first(line)
        except InvalidDefinition:
            first = None
        except Exception as defect:
            wrong += 1
            trial.say(f"{line!r}: {defect!r}")
            continue
        took = time.perf_counter() - began
        if took > LIMIT_S:
            took = min(took, _again(line))  # a busy machine, or the line?
        slow += took > LIMIT_S
        accepted, refused = accepted + (first is not None), refused + (first is None)
        wrong += not _right(line, first)
        if took > LIMIT_S or not _right(line, first):
            trial.say(f"{line!r}: {first}, {took * 1_000:.0f} ms")
        if slow >= MOST_SLOW:
            break
    figures = {"wrong": wrong, "slow": slow, "accepted": accepted, "refused": refused}
    return Figure(wrong == slow == 0 and min(accepted, refused) > 0, trial.size, figures)


def _first(line: str) -> int | None:
    definition = {
        "steps": [{"name": "a", "command": ["true"]}],
        "schedule": {"cron": line, "timezone": "Europe/Berlin"},
    }
    job = read_job(definition, name="fuzzed", project="default")
    kept = timed(SimpleNamespace(cron=local_times), job, NOON)  # type: ignore[arg-type]
    return None if kept is None else kept.first


def _again(line: str) -> float:
    began = time.perf_counter()
    with suppress(InvalidDefinition):
        _first(line)
    return time.perf_counter() - began


def _right(line: str, first: int | None) -> bool:
    if line in IMPOSSIBLE:
        return first is None
    if line in SELDOM:
        return first is not None and NOON < first < NOON + FIFTY_YEARS_MS
    return first is None or (first > NOON and first % 60_000 == 0)


def _line(dice: Random) -> str:
    fields = [_field(dice, *bounds) for bounds in ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))]
    if dice.random() < 0.05:
        fields.insert(dice.randrange(6), _field(dice, 0, 59))
    if dice.random() < 0.05:
        fields.pop(dice.randrange(len(fields)))
    return dice.choice((" ", " ", "  ", "\t")).join(fields)


def _field(dice: Random, low: int, high: int) -> str:
    kind = dice.random()
    if kind < 0.3:
        return "*"
    if kind < 0.55:
        return str(dice.randint(low, high))
    if kind < 0.65:
        return f"*/{dice.randint(0, high + 1)}"
    if kind < 0.75:
        return f"{dice.randint(low, high)}-{dice.randint(low, high)}/{dice.randint(1, 7)}"
    if kind < 0.9:
        return ",".join(str(dice.randint(low, high)) for _ in range(dice.randint(1, 6)))
    return dice.choice(WORDS)


CHECK = Check(
    "cron-fuzz", "G-46", "any cron line is understood or refused within 100 ms, and what is understood comes", run,
    "lines", quick=1_500, normal=20_000, full=200_000, sabotages=("cron-minute-by-minute",),
)  # fmt: skip
