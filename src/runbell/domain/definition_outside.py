"""What of a definition looks outside the job: `ids` of existing clients, the `env` of its processes, follow-ups."""

import re
from collections.abc import Collection
from typing import Any, Final

from runbell.domain.definition_members import Members, shown
from runbell.domain.job import FollowUp, FollowUpOn
from runbell.domain.parameters_values import INT_MOST, Unfit
from runbell.domain.vocabulary import Vocabulary, Words

MOST_DIALECTS: Final = 100
MOST_VARIABLES: Final = 200
MOST_SECRETS: Final = 50
MOST_FOLLOW_UPS: Final = 100
LONGEST_VALUE: Final = 32 << 10

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
GUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
SECRET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")


def read_ids(job: Members, vocabulary: Vocabulary | None) -> dict[str, int | str]:
    """The ids that existing clients of the dialects already use; without a vocabulary whatever stands there."""
    if vocabulary is None:
        return {name: known for name, known in job.object("ids", most=MOST_DIALECTS).items() if known}
    ids = job.inner("ids", tuple(name for name, words in vocabulary.items() if words.id is not None))
    read = {name: _id(ids, name, words) for name, words in vocabulary.items() if words.id is not None}
    return {dialect: known for dialect, known in read.items() if known}


def read_dialects(job: Members, vocabulary: Vocabulary | None) -> dict[str, dict[str, Any]]:
    """What this job says to the doors of single dialects; without a vocabulary whatever stands there."""
    if "dialects" not in job:
        return {}
    if vocabulary is None:
        return job.object("dialects", most=MOST_DIALECTS)
    spoken_to = tuple(name for name, words in vocabulary.items() if words.members)
    said = job.inner("dialects", spoken_to)
    for dialect in spoken_to:
        members = vocabulary[dialect].members
        to_one = said.inner(dialect, tuple(members))
        for name, choices in members.items():
            if not choices:
                to_one.text(name)
            elif name in to_one and to_one.get(name) not in choices:
                to_one.wrong(name, "not_a_choice", f"one of {', '.join(choices)}")
    return {dialect: said.object(dialect, most=10) for dialect in spoken_to if dialect in said}


def _id(ids: Members, dialect: str, words: Words) -> int | str | None:
    match words.id:
        case "number":
            return ids.whole(dialect, None, least=1, most=INT_MOST)
        case "guid":
            return ids.read(dialect, None, _guid)
        case _:
            return ids.text(dialect)


def _guid(value: Any) -> str:
    """In lower case with hyphens."""
    if not (isinstance(value, str) and GUID.fullmatch(value)):
        raise Unfit("pattern", f"expected a GUID like 0b0f5c1e-3a3d-4a52-9a6d-0c1f5f6f9e21, not {shown(value)}")
    return value.lower()


def read_env(job: Members) -> dict[str, str]:
    """The environment of the job's processes."""
    variables = job.object("env", most=MOST_VARIABLES)
    if not variables:
        return {}
    env = job.inner("env", tuple(variables))
    for name in variables:
        _check_variable(env, name)
    return {name: env.text(name, longest=LONGEST_VALUE, lines=True) for name in variables}


def read_secrets(job: Members, env: Collection[str]) -> dict[str, str]:
    """The secrets of the job's processes: the variable that each has, and its name in the secret store."""
    variables = job.object("secrets", most=MOST_SECRETS)
    if not variables:
        return {}
    secrets = job.inner("secrets", tuple(variables))
    for name in variables:
        _check_variable(secrets, name)
        if name in env:
            secrets.wrong(name, "duplicate", "is in `env` too; take it out there")
    like = "the name of a secret: letters, digits, `.`, `_`, `-` (at most 100)"
    return {name: secrets.matching(name, "", SECRET, like) for name in variables}


def _check_variable(members: Members, name: str) -> None:
    if not VARIABLE.fullmatch(name):
        members.wrong(name, "pattern", "a variable's name is letters, digits and `_`, not beginning with a digit")
    elif name.upper().startswith("RUNBELL_"):
        members.wrong(name, "reserved", "names that begin with RUNBELL_ are set by runbell; choose another")


def read_follow_ups(job: Members, own_name: str) -> tuple[FollowUp, ...]:
    """The jobs that are started when this one ends."""
    follow_ups = []
    for place, item in enumerate(job.list("then", most=MOST_FOLLOW_UPS)):
        then = Members(item, job.place("then", place), job.problems, ("job", "on", "parameters"))
        then.demand("job", "name the job to start")
        name = then.matching("job", "", NAME, "the name of a job")
        if name and name == own_name:
            then.wrong("job", "cycle", "a job cannot follow itself; follow-ups must not form a circle")
        follow_ups.append(
            FollowUp(
                job=name,
                on=then.choice("on", FollowUpOn.SUCCEEDED, FollowUpOn),
                parameters=then.object("parameters", most=200),
            )
        )
    return tuple(follow_ups)
