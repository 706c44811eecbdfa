"""One measured thing: its rounds, what is wanted of it, and the bare loop's rounds beside them."""

from statistics import median

from msgspec import Struct


class Figure(Struct, frozen=True, kw_only=True):
    """`rounds` holds a value per round, in `unit`; `bare` what the bare loop did right before each of them."""

    name: str
    unit: str
    rounds: list[float]
    target: float | None = None
    less_is_better: bool = False
    bare: list[float] | None = None
    note: str = ""

    @property
    def value(self) -> float:
        """The median of the rounds."""
        return median(self.rounds)

    @property
    def of_bare(self) -> float | None:
        """The median of the rounds' ratios to the bare loop: a machine that slows down slows both."""
        if self.bare is None:
            return None
        return median(ours / theirs for ours, theirs in zip(self.rounds, self.bare, strict=True))

    @property
    def meets_target(self) -> bool | None:
        """Whether the median is what was wanted; None when nothing was."""
        if self.target is None:
            return None
        return self.value <= self.target if self.less_is_better else self.value >= self.target
