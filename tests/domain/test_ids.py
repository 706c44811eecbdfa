"""Ids of executions: made for a moment, read back, and told from everything else."""

from uuid import UUID

import pytest

from runbell.domain.ids import encode, from_uuid, is_id, moment, new_id, to_uuid

NOON = 1_800_000_000_123


def test_a_new_id_is_a_uuid_of_version_7_that_knows_its_moment() -> None:
    for made in (new_id(NOON) for _ in range(50)):
        uuid = to_uuid(made)
        assert (uuid.version, uuid.variant) == (7, UUID(int=2 << 62).variant)
        assert moment(made) == uuid.int >> 80 == NOON
        assert from_uuid(uuid) == made
        assert is_id(made)


def test_ids_of_one_moment_differ_and_of_later_moments_come_later() -> None:
    made = [new_id(NOON) for _ in range(1_000)]
    assert len(set(made)) == 1_000
    assert max(made) < new_id(NOON + 1)


@pytest.mark.parametrize("value", [0, 1, 1 << 64, (1 << 128) - 1])
def test_every_128_bits_have_their_26_characters(value: int) -> None:
    assert to_uuid(encode(value)).int == value
    assert is_id(encode(value))


@pytest.mark.parametrize(
    "text", ["", "0" * 25, "0" * 27, "8" + "0" * 25, "0" * 25 + "u", "0" * 25 + "A", "0" * 25 + "_", "0" * 25 + "\n"]
)
def test_what_does_not_spell_128_bits_is_no_id(text: str) -> None:
    assert not is_id(text)
