"""What dialects allow of a definition: each says it itself, a new one needs no change of the domain."""

import pytest

from runbell.assembly.vocabulary import vocabulary
from runbell.domain.definition import read_job
from runbell.domain.faults import InvalidDefinition
from runbell.domain.vocabulary import Words
from runbell.settings import DIALECTS

from .definitions import a_definition

NEW = {"acme": Words(id="number", members={"mode": ("a", "b"), "label": ()}, also="label")}


def test_every_dialect_says_its_words() -> None:
    assert tuple(vocabulary()) == DIALECTS
    assert all(words.id for words in vocabulary().values())
    assert all(words.also is None or words.also in words.members for words in vocabulary().values())
    assert all(words.unique == "server" for words in vocabulary().values() if words.numbered)


def test_a_new_dialect_is_read_by_its_own_words() -> None:
    job = read_job(a_definition(ids={"acme": 7}, dialects={"acme": {"mode": "a", "label": "x"}}), vocabulary=NEW)
    assert (job.ids, job.dialects) == ({"acme": 7}, {"acme": {"mode": "a", "label": "x"}})


@pytest.mark.parametrize(
    ("members", "pointer", "hint"),
    [
        ({"ids": {"acme": "x"}}, "/ids/acme", ""),
        ({"ids": {"acne": 1}}, "/ids/acne", "did you mean `acme`?"),
        ({"dialects": {"acme": {"mode": "c"}}}, "/dialects/acme/mode", "one of a, b"),
        ({"dialects": {"acme": {"lable": "c"}}}, "/dialects/acme/lable", "did you mean `label`?"),
        ({"dialects": {"acme": {"label": 1}}}, "/dialects/acme/label", ""),
        ({"dialects": {"other": {}}}, "/dialects/other", ""),
    ],
)
def test_what_a_dialect_does_not_allow_is_refused(members: dict[str, object], pointer: str, hint: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        read_job(a_definition(**members), vocabulary=NEW)
    [problem] = refused.value.problems
    assert problem.pointer == pointer
    assert hint in problem.detail


def test_what_was_taken_before_is_read_whatever_dialects_there_are() -> None:
    job = read_job(a_definition(ids={"gone": 7}, dialects={"gone": {"mode": "a"}}))
    assert (job.ids, job.dialects) == ({"gone": 7}, {"gone": {"mode": "a"}})
