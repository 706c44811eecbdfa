"""The `steps` of a definition: one action each, and what may happen to it."""

import re
from enum import StrEnum
from typing import Any, Final, Literal

from msgspec import Struct

from runbell.domain.actions import Action, Child, Command, Include, Python, Shell
from runbell.domain.definition_check import read_check
from runbell.domain.definition_http import read_http
from runbell.domain.definition_members import LONGEST_TEXT, Members, Problems, kind_of, quote_hint, shown
from runbell.domain.definition_sql import OF_SQL, read_sql
from runbell.domain.job import OnLost, Retry, Step, When

MOST_STEPS: Final = 1_000
MOST_SCOPES: Final = 10_000
MOST_ARGUMENTS: Final = 10_000
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}")
JOB: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
TARGET: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,2}")
CODE: Final = re.compile(r"\S{1,100}")

KINDS: Final = ("command", "shell", "python", "sql", "check", "http", "job")
MEMBERS: Final = (
    *(
        "name",
        "title",
        "description",
        "type",
        "info",
        "rule",
        "stage",
        "command",
        "shell",
        "python",
        "job",
        "as",
        "check",
        "http",
        "parameters",
        "takes_job",
        *OF_SQL,
    ),
    *("needs", "for_each", "at_once", "retry", "timeout", "on_lost", "when", "continue_on_error", "exit_codes"),
)
NOT_OF_INCLUSIONS: Final = ("retry", "timeout", "on_lost", "exit_codes", "stage", "rule")


class As(StrEnum):
    """What a step of kind `job` is: the steps of the other job, or an execution of it."""

    STEPS = "steps"
    EXECUTION = "execution"


class Surroundings(Struct, frozen=True):
    """What the steps may count on: whether the job has `scopes`, and whether `takes_job` may be said."""

    has_scopes: bool
    trusted_python: bool


def read_steps(value: list[Any], around: Surroundings, problems: Problems) -> tuple[Step, ...]:
    """The steps in file order, `needs` spelled out. Notes every problem under `/steps`."""
    steps: list[Step] = []
    first: dict[str, int] = {}
    for place, item in enumerate(value):
        members = Members(item, f"/steps/{place}", problems, MEMBERS)
        if not isinstance(item, dict):
            continue
        step = _step(members, steps[-1].name if steps else None, around)
        if first.setdefault(step.name, place) != place:
            said = f"step {first[step.name] + 1} is called {shown(step.name)} too; names are unique in a job"
            members.wrong("name", "duplicate", said)
        steps.append(step)
    return tuple(steps)


def _step(members: Members, above: str | None, around: Surroundings) -> Step:
    members.demand("name", "other steps and the log call it by that")
    return Step(
        name=members.matching("name", "", NAME, "a name of letters, digits, blanks, `.`, `_`, `-` (at most 100)"),
        action=_action(members, around),
        title=members.text("title"),
        description=members.text("description", longest=10_000, lines=True),
        type=members.text("type"),
        info=members.text("info"),
        rule=_rule(members),
        stage=members.text("stage", "fetch"),
        needs=_needs(members, above),
        for_each=_for_each(members, around),
        at_once=members.whole("at_once", 1, least=1, most=1_000),
        retry=_retry(members),
        timeout_ms=members.duration("timeout", None),
        on_lost=members.choice("on_lost", OnLost.RERUN if _starts_another(members) else OnLost.FAIL, OnLost),
        when=members.choice("when", When.SUCCEEDED, When),
        continue_on_error=members.flag("continue_on_error", False),
        exit_codes=_exit_codes(members),
    )


def _action(members: Members, around: Surroundings) -> Action:
    said = [kind for kind in KINDS if kind in members]
    if len(said) != 1:
        found = f"this one has {' and '.join(f'`{kind}`' for kind in said)}" if said else "this one has none"
        members.problems.add(members.at, "one_kind", f"a step has exactly one of {', '.join(KINDS)}; {found}")
    takes_job = members.flag("takes_job", False)
    if takes_job and not around.trusted_python:
        members.wrong("takes_job", "unknown_field", "only the `@job` decorator says this; take it out")
    if "command" in members:
        return Command(_argv(members))
    if "job" in members:
        return _other_job(members)
    if "parameters" in members:
        members.wrong("parameters", "unknown_field", "only a step of kind `job` hands parameters over; take it out")
    if "as" in members:
        members.wrong("as", "unknown_field", "only a step of kind `job` has it; take it out")
    for name in OF_SQL:
        if name in members and "sql" not in members:
            members.wrong(name, "unknown_field", f"only a step of kind `sql` has `{name}`; take it out")
    if "sql" in members:
        return read_sql(members)
    if "check" in members:
        return read_check(members)
    if "http" in members:
        return read_http(members)
    if "shell" in members:
        return Shell(members.text("shell", longest=LONGEST_TEXT, lines=True))
    return Python(members.matching("python", "", TARGET, "`module:function`"), takes_job)


def _starts_another(members: Members) -> bool:
    """Whether it starts a job and waits: the loss of who waits is no loss of what it waits for."""
    return "job" in members and members.get("as") == "execution"


def _other_job(members: Members) -> Include | Child:
    name = members.matching("job", "", JOB, "the name of a job")
    parameters = members.object("parameters", most=200)
    if members.choice("as", As.STEPS, As) is As.STEPS:
        _check_inclusion(members)
        return Include(name, parameters)
    for member in ("exit_codes", "rule"):
        if member in members:
            members.wrong(member, "not_here", "the other job says this of its own steps; take it out")
    return Child(name, parameters)


def _check_inclusion(members: Members) -> None:
    for name in NOT_OF_INCLUSIONS:
        if name in members:
            members.wrong(name, "not_here", "the steps of the other job have their own; take it out, or say it there")
    if members.get("when") == When.FAILED:
        members.wrong("when", "not_here", "`failed` is for a step of this job itself; use a command, or `then`")


def _argv(members: Members) -> tuple[str, ...]:
    value = members.get("command")
    if not isinstance(value, list) or not value:
        hint = "; for a script use `shell`" if isinstance(value, str) else ""
        members.wrong("command", "wrong_type", f"expected a list, the program and each of its arguments{hint}")
        return ()
    if len(value) > MOST_ARGUMENTS:
        members.wrong("command", "too_long", f"at most {MOST_ARGUMENTS} arguments; hand the rest over as a file")
        return ()
    for place, item in enumerate(value):
        if not isinstance(item, str):
            hint = '; put a fill-in in quotes: "{limit}"' if isinstance(item, dict) else quote_hint(item)
            said = f"expected a text, not {kind_of(item)}{hint}"
            members.problems.add(members.place("command", place), "wrong_type", said)
    if value[0] == "":
        members.problems.add(members.place("command", 0), "too_short", "the program must be named")
    return tuple(item for item in value if isinstance(item, str))


def _rule(members: Members) -> dict[str, Any] | None:
    if "rule" not in members:
        return None
    rule = members.inner("rule", ("type", "lower", "upper"))
    rule.text("type")
    for bound in ("lower", "upper"):
        rule.number(bound, 0, least=-1e18, most=1e18)
    return members.object("rule", most=3)


def _needs(members: Members, above: str | None) -> tuple[str, ...]:
    if "needs" in members:
        return members.lines("needs", most=MOST_STEPS, longest=100)
    return (above,) if above else ()


def _for_each(members: Members, around: Surroundings) -> Literal["scopes"] | tuple[str, ...] | None:
    value = members.get("for_each")
    if "for_each" not in members:
        return None
    if value == "scopes":
        if not around.has_scopes:
            members.wrong("for_each", "no_scopes", "the job declares no `scopes`; declare them, or list them here")
        return "scopes"
    if not isinstance(value, list) or not value:
        members.wrong("for_each", "wrong_type", f"expected `scopes`, or a list of at least one, not {shown(value)}")
        return None
    return members.lines("for_each", most=MOST_SCOPES)


def _retry(members: Members) -> Retry:
    if type(members.get("retry")) is int:
        members.wrong("retry", "wrong_type", f"expected an object; write {{attempts: {members.get('retry')}}}")
        return Retry()
    retry, default = members.inner("retry", ("attempts", "delay", "factor", "max")), Retry()
    return Retry(
        attempts=retry.whole("attempts", default.attempts, least=1, most=1_000),
        delay_ms=retry.duration("delay", default.delay_ms, least=0),
        factor=retry.number("factor", default.factor, least=1, most=100),
        max_ms=retry.duration("max", default.max_ms, least=0),
    )


def _exit_codes(members: Members) -> dict[int, str]:
    codes = members.object("exit_codes", most=256)
    entries = members.inner("exit_codes", tuple(codes)) if codes else None
    if entries is None:
        return {}
    for number in codes:
        if not NUMBER.fullmatch(number) or int(number) > 255:
            entries.wrong(number, "out_of_bounds", "an exit code is a whole number from 0 to 255")
    words = {number: entries.matching(number, "", CODE, "a word without blanks, like OK or WARN") for number in codes}
    return {int(number): word for number, word in words.items() if NUMBER.fullmatch(number)}
