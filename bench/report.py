"""What a run shows and keeps: lines of a table as figures come, and one JSON file with the facts of the machine."""

import os
import platform
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import apsw
import msgspec

from bench.figure import Figure

RESULTS: Final = Path(__file__).parent / "results"
PACKAGES: Final = ("runbell", "uvicorn", "uvloop", "httptools", "starlette", "msgspec", "apsw")
_LINE: Final = "{:<63} {:>8} {:>16} {:<4} {:>9} {:>8}  {}"


def heading() -> str:
    """The table's first line."""
    return _LINE.format("figure", "median", "min – max", "unit", "target", "of bare", "").rstrip()


def line(figure: Figure, *, notes: bool) -> str:
    """A figure's line; `notes` adds what it has to say."""
    target = "" if figure.target is None else f"{'≤' if figure.less_is_better else '≥'} {figure.target:,g}"
    ratio = "" if figure.of_bare is None else f"{figure.of_bare:.2f}"
    spread = "" if len(figure.rounds) == 1 else f"{_short(min(figure.rounds))} – {_short(max(figure.rounds))}"
    verdict = {None: "", True: "ok", False: "below"}[figure.meets_target]
    said = _LINE.format(figure.name, _short(figure.value), spread, figure.unit, target, ratio, verdict).rstrip()
    remarks = "".join(f"\n    {remark}" for remark in figure.note.splitlines()) if notes else ""
    return said + remarks


def write(file: Path, figures: list[Figure], effort: str) -> None:
    """Write a run as JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    run = {"effort": effort, **facts(), "figures": [_record(figure) for figure in figures]}
    file.write_bytes(msgspec.json.format(msgspec.json.encode(run), indent=1) + b"\n")


def default_file() -> Path:
    """Where a run is written unless a file is named."""
    return RESULTS / f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}.json"


def facts() -> dict[str, Any]:
    """The machine, the versions and the commit that a run's figures hold for."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False, cwd=RESULTS.parent
    )
    return {
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": described.stdout.strip() or None,
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "sqlite": apsw.sqlite_lib_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def _processor() -> str:
    for entry in Path("/proc/cpuinfo").read_text().splitlines():
        if entry.startswith("model name"):
            return entry.partition(":")[2].strip()
    return platform.machine()


def _record(figure: Figure) -> dict[str, Any]:
    return {
        **msgspec.structs.asdict(figure),
        "value": figure.value,
        "of_bare": figure.of_bare,
        "meets_target": figure.meets_target,
    }


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 or value == round(value) else f"{value:.3g}"
