"""What somebody holds where: rights per project, added up, cut down to what another holds, and what is missing.

What is granted for `*` holds in every project, beside what is granted in it: rights add up and never take away.
"""

from collections.abc import Mapping
from typing import Final

from runbell.domain.identity import EVERYWHERE, Grants, Rights, rights
from runbell.domain.principals import ROLES

Held = dict[str, Rights]
"""Grants, read: the rights in each project; `*` stands for every project."""

NOTHING: Final[Held] = {}


def read(grants: Grants) -> Held:
    """What is granted, read. Raises ValueError with a sentence for a right that there is not."""
    return {project: rights(written) for project, written in grants.items() if written}


def written(held: Held) -> dict[str, list[str]]:
    """The grants as they are written, in order."""
    return {project: sorted(_words(found)) for project, found in sorted(held.items())}


def of_roles(roles: Mapping[str, str], *, api: bool = True) -> Held:
    """What roles allow: an unknown role nothing, and with `api` nor does one that may only look at the console."""
    known = {project: ROLES[role] for project, role in roles.items() if role in ROLES}
    return {project: rights(role.scopes) for project, role in known.items() if role.api or not api}


def within(held: Held, project: str) -> Rights | None:
    """The rights in that project; None for somebody to whom it does not exist."""
    own, everywhere = held.get(project), held.get(EVERYWHERE)
    if own is None or everywhere is None:
        return everywhere if own is None else own
    return _joined(own, everywhere)


def cut(held: Held, limit: Held) -> Held:
    """What both allow, project by project."""
    found: Held = {}
    for project in held.keys() | limit.keys():
        both = _common(within(held, project) or {}, within(limit, project) or {})
        if both:
            found[project] = both
    return found


def missing(holder: Held, wanted: Held) -> list[tuple[str, str]]:
    """Every right in `wanted` that `holder` has not, as (project, right as it is written)."""
    return [
        (project, word)
        for project, asked in sorted(wanted.items())
        for word in sorted(_words(_less(asked, within(holder, project) or {})))
    ]


def _joined(one: Rights, other: Rights) -> Rights:
    found: Rights = dict(one)
    for scope, jobs in other.items():
        known = found.get(scope, frozenset())
        found[scope] = None if jobs is None or known is None else known | jobs
    return found


def _common(one: Rights, other: Rights) -> Rights:
    found: Rights = {}
    for scope in one.keys() & other.keys():
        mine, theirs = one[scope], other[scope]
        both = theirs if mine is None else mine if theirs is None else mine & theirs
        if both is None or both:
            found[scope] = both
    return found


def _less(asked: Rights, held: Rights) -> Rights:
    left: Rights = {}
    for scope, jobs in asked.items():
        mine = held.get(scope, frozenset())
        if mine is None:
            continue
        if jobs is None:
            left[scope] = None
        elif jobs - mine:
            left[scope] = jobs - mine
    return left


def _words(found: Rights) -> list[str]:
    return [
        word
        for scope, jobs in found.items()
        for word in ([scope] if jobs is None else [f"{scope}:{job}" for job in sorted(jobs)])
    ]
