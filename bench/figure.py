"""One measured thing: its rounds, what is wanted of it, and the figure of the bare loop it is compared with."""

from statistics import median

from msgspec import Struct


class Figure(Struct, frozen=True, kw_only=True):
    """`rounds` holds a value per round, in `unit`. `bare` names the figure of the bare loop that is its measure."""

    name: str
    unit: str
    rounds: list[float]
    target: float | None = None
    less_is_better: bool = False
    bare: str | None = None
    note: str = ""

    @property
    def value(self) -> float:
        """The median of the rounds."""
        return median(self.rounds)

    @property
    def meets_target(self) -> bool | None:
        """Whether the median is what was wanted; None when nothing was."""
        if self.target is None:
            return None
        return self.value <= self.target if self.less_is_better else self.value >= self.target
