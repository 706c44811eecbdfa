"""What is sealed opens in its own place with its own key, and nowhere else."""

import pytest

from runbell.locks.vault import AesVault
from runbell.ports.vault import CannotOpen

KEY, PLACE = bytes(range(32)), ("default", "warehouse.password")


def test_what_is_sealed_opens_again_and_looks_different_every_time() -> None:
    vault = AesVault(KEY)
    once, again = (vault.seal("secret", PLACE, b"hunter2") for _ in range(2))
    assert once != again
    assert "hunter2" not in once
    assert [AesVault(KEY).open("secret", PLACE, sealed) for sealed in (once, again)] == [b"hunter2"] * 2


@pytest.mark.parametrize(
    ("purpose", "place"),
    [
        ("parameter", PLACE),
        ("secret", ("other", "warehouse.password")),
        ("secret", ("default", "warehouse.passwor", "d")),
        ("secret", ("defaultwarehouse.password",)),
    ],
)
def test_it_does_not_open_in_another_place(purpose: str, place: tuple[str, ...]) -> None:
    vault = AesVault(KEY)
    with pytest.raises(CannotOpen, match="another place"):
        vault.open(purpose, place, vault.seal("secret", PLACE, b"hunter2"))


def test_it_does_not_open_with_another_key_or_when_it_was_changed() -> None:
    sealed = AesVault(KEY).seal("secret", PLACE, b"hunter2")
    with pytest.raises(CannotOpen, match="another key"):
        AesVault(bytes(32)).open("secret", PLACE, sealed)
    for torn in (sealed[:-4], sealed[:30] + ("A" if sealed[30] != "A" else "B") + sealed[31:], "rbv1", ""):
        with pytest.raises(CannotOpen):
            AesVault(KEY).open("secret", PLACE, torn)


def test_a_key_for_digests_is_the_same_each_time_and_differs_by_purpose_and_key() -> None:
    first = AesVault(KEY).digest_key("idempotency")
    assert first == AesVault(KEY).digest_key("idempotency")
    assert len({first, AesVault(KEY).digest_key("other"), AesVault(bytes(32)).digest_key("idempotency"), KEY}) == 4
