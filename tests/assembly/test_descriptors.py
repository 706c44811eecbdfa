"""The limit of open files is raised as far as is allowed, and what is missing is said."""

import resource

import pytest

from runbell.assembly import descriptors

NO_LIMIT = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("soft", "hard", "then", "enough"),
    [(1_024, 1_048_576, 65_536, True), (1_024, 20_000, 20_000, True), (1_024, 4_096, 4_096, False),
     (1_024, NO_LIMIT, 65_536, True), (500_000, 1_048_576, None, True), (NO_LIMIT, NO_LIMIT, None, True),
     (4_096, 4_096, None, False)],
)  # fmt: skip
def test_the_soft_limit_goes_to_the_hard_one_but_not_beyond_what_makes_sense(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, then: int | None, enough: bool
) -> None:
    written: list[tuple[int, int]] = []
    monkeypatch.setattr(descriptors.resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(descriptors.resource, "setrlimit", lambda _, limits: written.append(limits))
    said = descriptors.raise_descriptor_limit()
    assert written == ([] if then is None else [(then, hard)])
    assert (said is None) is enough
    if said is not None:
        assert "LimitNOFILE" in said
