"""Nobody hands on what he does not hold: the check before any right is given, and the names of what is given to."""

import re
from collections.abc import Iterable
from typing import Final

from runbell.domain import grants
from runbell.domain.did_you_mean import did_you_mean
from runbell.domain.faults import InsufficientScope, InvalidField
from runbell.domain.grants import Held
from runbell.domain.identity import EVERYWHERE, Grants
from runbell.operations.identify import Principal

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")


def check(principal: Principal, *wanted: Held) -> None:
    """Refuse to give, or to touch, rights beyond those of the caller. Raises InsufficientScope naming the first."""
    for held in wanted:
        for project, word in grants.missing(principal.held, held):
            place = "every project" if project == EVERYWHERE else f"project {project}"
            said = f"You can hand on only rights that you hold yourself; you do not hold {word} in {place}."
            raise InsufficientScope(said, about={"scope": word})


def read(given: Grants, pointer: str = "/grants") -> Held:
    """Grants as they were sent. Raises InvalidField for a right that there is not."""
    for project, words in given.items():
        try:
            grants.read({project: words})
        except ValueError as error:
            raise InvalidField.at(f"{pointer}/{project}", "unknown_right", str(error)) from None
    return grants.read(given)


def named(name: str, pointer: str, what: str) -> str:
    """The name, if it is one. Raises InvalidField."""
    if NAME.fullmatch(name) is None:
        said = (
            f"The name of a {what} has up to 255 letters, digits, dots, dashes and underscores; no dash or dot first."
        )
        raise InvalidField.at(pointer, "invalid_name", said)
    return name


def among(word: str, known: Iterable[str], pointer: str, what: str) -> None:
    """Refuse a word that is not one of the known ones. Raises InvalidField."""
    words = sorted(known)
    if word not in words:
        hint = did_you_mean(word, words) or "."
        raise InvalidField.at(pointer, "not_a_choice", f"{word[:100]} is no {what}{hint} There are {', '.join(words)}.")
