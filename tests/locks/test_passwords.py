"""Passwords are kept as argon2id, and whoever guesses waits."""

import pytest

from runbell.locks.passwords import MEMORY_KIB, Argon2Passwords

pytestmark = pytest.mark.anyio


async def test_a_password_fits_what_was_made_of_it_and_nothing_else() -> None:
    passwords = Argon2Passwords(memory_kib=64, passes=1)
    kept = await passwords.hash("correct horse")
    assert kept.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert "horse" not in kept
    assert kept != await passwords.hash("correct horse")
    assert await passwords.fits("correct horse", kept)
    for wrong in ("", "correct hors", "Correct horse", "correct horse\0"):
        assert not await passwords.fits(wrong, kept)


@pytest.mark.parametrize("kept", [None, "", "x", "$argon2id$v=19$m=64,t=1,p=1$broken", "the password of nobody"])
async def test_nothing_fits_what_is_no_password(kept: str | None) -> None:
    passwords = Argon2Passwords(memory_kib=64, passes=1)
    for guess in ("", "x", "the password of nobody"):
        assert not await passwords.fits(guess, kept)


def test_guessing_costs_less_memory_than_it_may() -> None:
    assert MEMORY_KIB <= 16 * 1024
