"""Patterns of parameters: Python's regular expressions without those whose time doubles with every character.

Python matches by trying: `(a+)+` finds 2^n ways through n letters and would hold up the whole server. What tells one
round of a repeated group from the next is a character that each round must have and that nothing repeated inside the
group can be: the comma in `([0-9]+,)*`. A repeated group with a repeat inside and no such character is refused.
"""

import re
from functools import lru_cache
from typing import Final

LONGEST: Final = 1_000

_TOKEN: Final = re.compile(
    r"""(?P<nothing> \(\?[aiLmsux]+\) | \(\?\#[^)]*\) | \(\?P=\w+\) | \\[AbBZ\d] | [\^$] )
      | (?P<look>    \(\?<?[=!] )
      | (?P<open>    \((?:\?(?:[:>]|P<\w+>|\(\w+\)|[aiLmsux]*(?:-[imsx]+)?:))? )
      | (?P<close>   \) )
      | (?P<bar>     \| )
      | (?P<repeat>  (?:[*+?]|\{(?P<least>\d*)(?P<comma>,?)(?P<most>\d*)\})[?+]? )
      | (?P<atom>    \\. | \[\^?\]?(?:\\.|[^\]\\])*\] | . )""",
    re.VERBOSE | re.DOTALL,
)
_PROBES: Final = [chr(code) for code in range(256)]


class Runaway(ValueError):  # noqa: N818 - a finding about a pattern
    """The pattern could take forever."""


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, compiled once. Raises re.error."""
    return re.compile(pattern)


def check_pattern(pattern: str) -> None:
    """Raises ValueError with a sentence when the pattern is too long, does not compile, or could take forever."""
    if len(pattern) > LONGEST:
        raise ValueError(f"at most {LONGEST} characters")
    try:
        compiled(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"this regular expression does not compile: {error}") from None
    _check_repeats(pattern)


class _Branch:
    """The atoms of one alternative: those it must have exactly once each round, and those whose number varies."""

    def __init__(self) -> None:
        self.fixed: set[str] = set()
        self.varying: set[str] = set()

    def runs_away(self) -> bool:
        """True when nothing tells one round of it from the next."""
        inside = set().union(*map(_matched, self.varying))
        return bool(self.varying) and not any(_matched(atom).isdisjoint(inside) for atom in self.fixed)


class _Group:
    def __init__(self, *, looks: bool = False) -> None:
        self.looks = looks
        self.branches = [_Branch()]

    def add(self, inner: "_Group", repeat: re.Match[str] | None) -> None:
        """Take in a group that ended, or an atom, with the repeat after it. Raises Runaway."""
        if inner.looks:
            return
        here = self.branches[-1]
        exact = repeat is None or _is_exact(repeat)
        if repeat is not None and _is_many(repeat) and any(branch.runs_away() for branch in inner.branches):
            raise Runaway("could take forever: a repeated group needs a character that tells its rounds apart")
        for branch in inner.branches:
            here.varying |= branch.varying if exact else branch.varying | branch.fixed
        if exact and len(inner.branches) == 1:
            here.fixed |= inner.branches[0].fixed


def _check_repeats(pattern: str) -> None:
    open_groups = [_Group()]
    tokens = list(_TOKEN.finditer(pattern))
    for token, after in zip(tokens, [*tokens[1:], None], strict=False):
        repeat = after if after is not None and after.lastgroup is not None and after["repeat"] else None
        if token["open"] or token["look"]:
            open_groups.append(_Group(looks=bool(token["look"])))
        elif token["close"]:
            ended = open_groups.pop()
            open_groups[-1].add(ended, repeat)
        elif token["bar"]:
            open_groups[-1].branches.append(_Branch())
        elif token["atom"]:
            single = _Group()
            single.branches[0].fixed.add(token["atom"])
            open_groups[-1].add(single, repeat)


def _is_exact(repeat: re.Match[str]) -> bool:
    """`{3}`, `{3,3}`."""
    return bool(repeat["least"]) and (not repeat["comma"] or repeat["least"] == repeat["most"])


def _is_many(repeat: re.Match[str]) -> bool:
    """All but `?`, `{1}`, `{0,1}`."""
    most = repeat["most"] or ("" if repeat["comma"] else repeat["least"])
    return repeat["repeat"][0] != "?" and most not in ("0", "1")


@lru_cache(maxsize=1024)
def _matched(atom: str) -> frozenset[str]:
    """The characters that an atom matches, as far as Latin-1 goes; a literal beyond it matches itself."""
    one = re.compile(atom, re.DOTALL)
    return frozenset(character for character in (*_PROBES, atom[-1]) if one.fullmatch(character))
