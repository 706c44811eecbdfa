"""What a check is: a promise, a way to try it, and the sabotages that it has to catch."""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any


class CannotCheck(Exception):  # noqa: N818 - a state of affairs, not a defect
    """The trial itself went wrong, so it says nothing about the promise. The sentence says what was missing."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What a check found. `n` is the number of independent trials; zero failures bound the rate at 3/n (95 %)."""

    held: bool
    n: int
    numbers: dict[str, Any] = field(default_factory=dict)

    def line(self, name: str, trial: "Trial") -> str:
        """The one last line of a check."""
        told = {"check": name, "held": "yes" if self.held else "no", "n": self.n, **self.numbers, "seed": trial.seed}
        if trial.sabotage:
            told["sabotage"] = trial.sabotage
        return "FIGURE " + " ".join(f"{key}={_plain(value)}" for key, value in told.items())


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of a check: how much of it, with which dice, where it may write, and what is broken on purpose.

    `only`: nothing but the parts that have this in their names, and all of these.
    """

    folder: Path
    seed: int
    size: int
    sabotage: str | None = None
    only: str | None = None
    began: float = field(default_factory=time.monotonic)

    @property
    def random(self) -> Random:
        """Dice of this seed; each call begins anew."""
        return Random(self.seed)

    def say(self, text: str) -> None:
        """Progress, for people."""
        print(f"{time.monotonic() - self.began:7.1f} s  {text}", file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Check:
    """A promise and its proof. `unit` names what `quick`, `normal` and `full` count; it is an option of the command.

    `aims`: for a sabotage of a check that knows parts, the part (`--only`) in which it must be caught.
    """

    name: str
    promise: str
    says: str
    run: Callable[[Trial], Figure]
    unit: str
    quick: int
    normal: int
    full: int
    sabotages: tuple[str, ...] = ()
    in_all: bool = True
    aims: Mapping[str, str] = field(default_factory=dict)

    def broken_by(self, sabotage: str) -> list[str]:
        """The arguments of `python -m verify` that have to find this sabotage, quickly."""
        aim = ["--only", self.aims[sabotage]] if sabotage in self.aims else []
        return [self.name, "--quick", *aim, "--sabotage", sabotage]


def _plain(value: Any) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return text.replace(" ", "_") or "-"
