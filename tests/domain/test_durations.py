"""Durations and sizes as people write them."""

from typing import Any

import pytest

from runbell.domain.durations import duration_ms, size_bytes


@pytest.mark.parametrize(
    ("text", "length"),
    [
        *(("500ms", 500), ("5s", 5_000), ("10m", 600_000), ("2h", 7_200_000), ("3d", 259_200_000)),
        *(("0s", 0), ("010s", 10_000), ("36500d", 3_153_600_000_000)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, length: int) -> None:
    assert duration_ms(text) == length


@pytest.mark.parametrize(
    "value", ["", "5", "5 s", "1.5h", "-1s", "5S", "1h30m", "٥s", "5s\n", "9" * 16 + "s", 5, None, [5], True]
)
def test_what_is_no_duration_is_a_value_error(value: Any) -> None:
    with pytest.raises(ValueError, match="a number and a unit"):
        duration_ms(value)


def test_a_duration_of_more_than_a_century_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="at most `36500d`"):
        duration_ms("36501d")


@pytest.mark.parametrize(
    ("text", "size"), [(0, 0), (5, 5), ("64KiB", 65_536), ("256MiB", 256 << 20), ("1GiB", 1 << 30)]
)
def test_a_size_is_a_number_of_bytes_or_has_a_unit(text: Any, size: int) -> None:
    assert size_bytes(text) == size


@pytest.mark.parametrize("value", ["", "5", "1MB", "1 MiB", "1.5GiB", -1, 1.5, True, None])
def test_what_is_no_size_is_a_value_error(value: Any) -> None:
    with pytest.raises(ValueError, match="a number of bytes"):
        size_bytes(value)


@pytest.mark.parametrize("value", [1 << 41, "1025GiB"])
def test_a_size_of_more_than_a_tebibyte_is_a_value_error(value: Any) -> None:
    with pytest.raises(ValueError, match="at most `1024GiB`"):
        size_bytes(value)
