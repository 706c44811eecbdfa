"""The fill-ins of a definition: each can be understood, and has something to stand for when it is filled in."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from msgspec import Struct

from runbell.domain.actions import Child, Command, Include, Task
from runbell.domain.definition_members import Problems
from runbell.domain.definition_needs import steps_before
from runbell.domain.fill_in import AnswerValue, FillInError, Given, ParameterValue, Reference, SecretValue, parse
from runbell.domain.job import FollowUp, Step
from runbell.domain.pointer import pointer


class _Reach(Struct, frozen=True):
    """What a text may name: parameters, steps that have ended by then, and whether there is a scope, or an answer."""

    parameters: Collection[str]
    steps: Collection[str]
    ended: Collection[str]
    has_scope: bool
    secrets: bool = False


def check_fill_ins(
    parameters: Collection[str],
    steps: Sequence[Step],
    needs: dict[str, set[str]] | None,
    then: Sequence[FollowUp],
    problems: Problems,
) -> None:
    """Note every bad fill-in of the commands and of the follow-ups' parameters.

    `needs` None: they are wrong themselves, and nothing can be said about what has ended when.
    """
    names = [step.name for step in steps]
    for place, step in enumerate(steps):
        asked = list(_asked(step, f"/steps/{place}"))
        asks = any("{steps." in text for _, text in asked)
        ended = steps_before(needs, step.name) if asks and needs is not None else names
        reach = _Reach(parameters, names, ended, step.for_each is not None, step.kind == "http")
        for at, text in asked:
            _check(text, at, reach, problems)
    at_end = _Reach(parameters, names, names, False)
    for place, follow_up in enumerate(then):
        for at, text in _texts(follow_up.parameters, f"/then/{place}/parameters"):
            _check(text, at, at_end, problems)


def _asked(step: Step, at: str) -> Iterator[tuple[str, str]]:
    """The texts of a step that may hold fill-ins, and where they stand."""
    if isinstance(step.action, Command):
        yield from ((f"{at}/command/{position}", text) for position, text in enumerate(step.action.argv))
    elif isinstance(step.action, Include | Child):
        yield from _texts(step.action.parameters, f"{at}/parameters")
    elif isinstance(step.action, Task):
        yield from _texts(step.action.filled, at if step.action.kind == "sql" else f"{at}/{step.action.kind}")


def _texts(value: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, at + pointer(name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _texts(item, f"{at}/{place}")


def _check(text: str, at: str, reach: _Reach, problems: Problems) -> None:
    try:
        references = parse(text).references
    except FillInError as error:
        problems.add(at, "bad_fill_in", str(error))
        return
    for reference in dict.fromkeys(references):
        _check_reference(reference, at, reach, problems)


def _check_reference(reference: Reference, at: str, reach: _Reach, problems: Problems) -> None:
    if isinstance(reference, ParameterValue):
        name = reference.name
        if name not in reach.parameters:
            said = f"the job declares no parameter `{name}`"
            problems.add(at, "unknown_param", said, word=name, known=reach.parameters)
    elif isinstance(reference, Given):
        if reference.name == "scope" and not reach.has_scope:
            problems.add(at, "no_scopes", "there is a `{scope}` only in a step with `for_each`")
    elif isinstance(reference, SecretValue):
        if not reach.secrets:
            said = "only a step of kind `http` fills in secrets; elsewhere give one a variable in the job's `secrets`"
            problems.add(at, "no_secrets", said)
    elif isinstance(reference, AnswerValue):
        if not (reach.secrets and at.endswith("/http/until/url")):
            problems.add(
                at, "no_answer", f"there is a `{reference.written}` only in `until.url` of a step of kind `http`"
            )
    elif reference.step not in reach.steps:
        said = f"there is no step `{reference.step}`"
        problems.add(at, "unknown_step", said, word=reference.step, known=reach.steps)
    elif reference.step not in reach.ended:
        said = f"`{reference.step}` need not have ended by then; add it to this step's `needs`"
        problems.add(at, "not_before", said)
