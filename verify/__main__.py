"""`python -m verify NAME`: progress on stderr, one FIGURE line on stdout, exit 0 only if the promise held.

Exit 1: the promise is broken. Exit 2: the trial itself could not be made, which proves nothing.
"""

import argparse
import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from types import FrameType
from typing import NoReturn

from verify import processes
from verify.check import CannotCheck, Check, Trial
from verify.checks import CHECKS
from verify.sabotages import hooked, in_force

HELD, BROKEN, UNKNOWN = 0, 1, 2
QUICK_S, FULL_S = 180, 12 * 3_600


def main() -> int:
    """Run one check, or all of them."""
    asked = _options()
    if asked.list:
        for check in CHECKS.values():
            print(f"{check.name:18} {check.promise:11} {check.says} (sabotages: {', '.join(check.sabotages) or '-'})")
        return HELD
    if asked.sabotage and asked.sabotage not in (known := [s for c in asked.checks for s in c.sabotages]):
        print(f"verify: there is no sabotage {asked.sabotage}; known: {', '.join(known)}", file=sys.stderr)
        return UNKNOWN
    if asked.only and (partless := [check.name for check in asked.checks if not check.aims]):
        print(f"verify: {', '.join(partless)} cannot be cut down to a part; leave --only out", file=sys.stderr)
        return UNKNOWN
    if asked.sabotage and in_force() != asked.sabotage:
        os.execve(sys.executable, [sys.executable, "-m", "verify", *sys.argv[1:]], os.environ | hooked(asked.sabotage))
    processes.adopt_orphans()
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGALRM, _too_long)
    return max(_run(check, asked) for check in asked.checks)


def _run(check: Check, asked: argparse.Namespace) -> int:
    size = asked.number or (check.quick if asked.quick else check.full if asked.full else check.normal)
    with tempfile.TemporaryDirectory(prefix="verify-", ignore_cleanup_errors=True) as folder:
        trial = Trial(Path(folder), asked.seed, size, asked.sabotage, asked.only)
        trial.say(f"{check.name}: {check.says} ({size} {check.unit}, seed {asked.seed})")
        signal.alarm(QUICK_S if asked.quick else FULL_S)
        try:
            figure = check.run(trial)
        except CannotCheck as why:
            print(f"verify: {check.name} could not be tried: {why}", file=sys.stderr)
            return UNKNOWN
        except Exception:
            traceback.print_exc()
            return UNKNOWN
        finally:
            signal.alarm(0)
            processes.end_family()
        print(figure.line(check.name, trial), flush=True)
        return HELD if figure.held else BROKEN


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m verify", description="The guarantees as commands.")
    parser.add_argument("name", nargs="?", choices=CHECKS, metavar="NAME", help="a check; without one: all of them")
    parser.add_argument("--list", action="store_true", help="what can be checked, and the sabotages of each")
    parser.add_argument("--seed", type=int, default=1, help="the dice (default 1)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--quick", action="store_true", help="for every commit: seconds")
    form.add_argument("--full", action="store_true", help="for the night")
    parser.add_argument("--sabotage", metavar="NAME", help="break the product first: the check has to fail")
    parser.add_argument("--only", metavar="PART", help="only the parts that have this in their names (fuzz-http)")
    for unit in sorted({check.unit for check in CHECKS.values()}):
        parser.add_argument(f"--{unit}", dest="number", type=int, nargs="?", help="how many, whatever the form")
    parser.add_argument("--mismatch", action="store_true", help="with idem: the same as idem-mismatch")
    asked = parser.parse_args()
    if asked.mismatch and asked.name == "idem":
        asked.name = "idem-mismatch"
    asked.checks = [CHECKS[asked.name]] if asked.name else [check for check in CHECKS.values() if check.in_all]
    return asked


def _too_long(*_: object) -> NoReturn:
    raise CannotCheck("It takes too long; something hangs.")


def _leave(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
