"""`python -m bench [NAME…] [--quick] [--json FILE] [--strict]`: measure, print a table, write JSON."""

import argparse
import sys
from pathlib import Path

from bench import report
from bench.effort import FULL, QUICK
from bench.figure import Figure
from bench.scenarios import SCENARIOS


def main() -> int:
    """Run the scenarios that were named, or all. Exit code 0, or with --strict 1 when a target was missed."""
    asked = _arguments()
    chosen = [name for name in SCENARIOS if not asked.names or name in asked.names]
    effort = QUICK if asked.quick else FULL
    figures: list[Figure] = []
    print(report.heading())
    for name in chosen:
        for figure in SCENARIOS[name](effort):
            figures.append(figure)
            print(report.line(figure, notes=asked.notes), flush=True)
    file = asked.json or report.default_file()
    report.write(file, figures, "quick" if asked.quick else "full")
    print(f"\nwritten to {file}")
    missed = any(figure.meets_target is False for figure in figures)
    return 1 if asked.strict and missed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure this machine; see docs/benchmarks.md."
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(SCENARIOS)}; default all"
    )
    parser.add_argument("--quick", action="store_true", help="smaller sizes and fewer rounds: a first look")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the run (default: bench/results/)")
    parser.add_argument("--notes", action="store_true", help="print what each figure has to say beside its value")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is missed")
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in SCENARIOS]:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(SCENARIOS)}")
    return asked


if __name__ == "__main__":
    sys.exit(main())
