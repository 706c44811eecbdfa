"""A job read from its definition, the JSON object that all three ways of writing a job come down to (`docs/jobs.md`).

Everything is checked here, before anything runs, and all that is wrong is said at once.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from runbell.domain.canonical import canonical
from runbell.domain.definition_fill_ins import check_fill_ins
from runbell.domain.definition_limits import read_limits, read_retention
from runbell.domain.definition_members import Members, Problems, shown
from runbell.domain.definition_needs import check_needs
from runbell.domain.definition_outside import read_dialects, read_env, read_follow_ups, read_ids, read_secrets
from runbell.domain.definition_parameters import MOST_PARAMETERS, read_parameters
from runbell.domain.definition_schedule import read_schedule, read_starts
from runbell.domain.definition_soundness import check_soundness
from runbell.domain.definition_steps import MOST_SCOPES, MOST_STEPS, Surroundings, read_steps
from runbell.domain.definition_telling import read_notify
from runbell.domain.faults import InvalidDefinition
from runbell.domain.identity import DEFAULT_PROJECT
from runbell.domain.job import Job
from runbell.domain.vocabulary import Vocabulary

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
NAME_LIKE: Final = "a name of letters, digits, `.`, `_`, `-`, beginning with a letter or digit (at most 255)"

MEMBERS: Final = (
    *("job", "project", "title", "description", "tags", "enabled", "ids", "dialects", "starts", "schedule"),
    *("parameters", "limits"),
    *("require_key", "restart", "scopes", "env", "secrets", "steps", "then", "notify", "retention"),
)


def read_job(
    definition: Mapping[str, Any], *, name: str | None = None, project: str | None = None, trusted_python: bool = False,
    vocabulary: Vocabulary | None = None,
) -> Job:  # fmt: skip
    """The job that a definition describes.

    `name` and `project` are those of its address; if the definition has them too, they must be equal.
    `trusted_python` lets a step say `takes_job` (made by the `@job` decorator). `vocabulary`: what dialects allow of
    it; None for a definition that was taken before. Raises InvalidDefinition with every problem (at most 100), each
    with its JSON pointer.
    """
    problems = Problems()
    job = None
    if check_soundness(definition, problems):
        job = _read(Members(definition, "", problems, MEMBERS), name, project, trusted_python, vocabulary)
    if job is None or problems.found:
        raise InvalidDefinition(_sentence(job, len(problems.found)), problems=tuple(problems.found))
    return job


def digest(definition: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of a definition's content. Only the order of `parameters` counts: it is that of the form."""
    parameters = definition.get("parameters")
    order = list(parameters) if isinstance(parameters, dict) else []
    return sha256(canonical([definition, order])).hexdigest()


def _read(
    members: Members, name: str | None, project: str | None, trusted_python: bool, vocabulary: Vocabulary | None
) -> Job:
    own_name = _address(members, "job", name)
    scopes = members.lines("scopes", most=MOST_SCOPES)
    around = Surroundings("scopes" in members, trusted_python)
    parameters = read_parameters(members.object("parameters", most=MOST_PARAMETERS), members.problems)
    members.demand("steps", "a job has at least one")
    steps = read_steps(members.list("steps", least=1, most=MOST_STEPS), around, members.problems)
    schedule = read_schedule(members, parameters)
    then = read_follow_ups(members, own_name)
    env = read_env(members)
    needs = check_needs(steps, members.problems)
    check_fill_ins([parameter.name for parameter in parameters], steps, needs, then, members.problems)
    return Job(
        name=own_name,
        project=_address(members, "project", project or (None if "project" in members else DEFAULT_PROJECT)),
        title=members.text("title"),
        description=members.text("description", longest=10_000, lines=True),
        tags=members.lines("tags", most=20, longest=100),
        enabled=members.flag("enabled", True),
        ids=read_ids(members, vocabulary),
        dialects=read_dialects(members, vocabulary),
        starts=read_starts(members, schedule),
        schedule=schedule,
        parameters=parameters,
        limits=read_limits(members),
        require_key=members.flag("require_key", False),
        restart=members.flag("restart", True),
        scopes=scopes,
        env=env,
        secrets=read_secrets(members, env),
        secret_parameters=tuple(parameter.name for parameter in parameters if parameter.secret),
        steps=steps,
        then=then,
        notify=read_notify(members),
        retention=read_retention(members),
    )


def _address(members: Members, member: str, given: str | None) -> str:
    """The job's or the project's name, from the definition or from the address."""
    if given is None:
        members.demand(member, "every job has a name")
    said = members.matching(member, given or "", NAME, NAME_LIKE)
    if given is not None and not NAME.fullmatch(given):
        members.wrong(member, "pattern", f"expected {NAME_LIKE}, not {shown(given)}")
    elif given is not None and said != given:
        members.wrong(member, "differs", f"says `{said}`, but the address says `{given}`; make them equal")
    return said


def _sentence(job: Job | None, count: int) -> str:
    name = f"Job {job.name}" if job is not None and job.name else "This job"
    return f"{name} cannot be run as written: {count} {'problem' if count == 1 else 'problems'}; see errors."
