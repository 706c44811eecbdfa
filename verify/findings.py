"""What `fuzz-http` found: wrong answers by kind, and which documented successes were never seen."""

from collections import Counter

from verify.check import Figure, Trial
from verify.truths import UNSEEN

FEW = 10
"""Successes that nobody saw and nobody explains: from so many on, too much was asked for nothing but refusals."""


class Findings:
    """What was wrong, counted by kind, told once per place."""

    def __init__(self, trial: Trial) -> None:
        self.n = 0
        self.documented: set[tuple[str, str]] = set()
        self.seen: set[tuple[str, str]] = set()
        self._trial = trial
        self._kinds: Counter[str] = Counter()
        self._told: set[tuple[str, str]] = set()

    def note(self, fault: str, where: str, said: str) -> None:
        """One thing that is wrong."""
        self._kinds[fault.partition(":")[0]] += 1
        if (where, fault) not in self._told and len(self._told) < 200:
            self._told.add((where, fault))
            self._trial.say(f"{fault}  {where}  {said}")

    def figure(self, surfaces: int) -> Figure:
        """What was found in all."""
        kinds, missing = self._kinds, {" ".join(one) for one in self.documented - self.seen}
        for one in sorted(missing & UNSEEN.keys()):
            self._trial.say(f"not seen, for {UNSEEN[one]}: {one}")
        odd = sorted(missing - UNSEEN.keys())
        self._trial.say(f"successes that nobody saw: {', '.join(odd) or 'no others'}")
        numbers = {"http_500": kinds["http_500"], "undocumented": kinds["undocumented"], "invalid": kinds["invalid"],
                   "accepted": kinds["accepted"], "leaks": kinds["leak"], "unanswered": kinds["unanswered"],
                   "surfaces": surfaces, "successes": len(self.documented), "unseen": len(missing),
                   "unexplained": len(odd)}  # fmt: skip
        shy = self._trial.only is None and len(odd) >= FEW
        return Figure(not kinds.total() and not shy, self.n, numbers)
