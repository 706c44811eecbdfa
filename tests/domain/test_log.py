"""The format of a log: what is written as a record is read back, and what is no record is shown as it is."""

import pytest

from runbell.domain import log

T = "2031-04-07T02:00:00.123Z"


def test_a_moment_is_stamped_in_utc_with_milliseconds() -> None:
    assert log.stamp(1_933_293_600_123) == "2031-04-07T02:00:00.123Z"
    assert log.stamp(1_000) == "1970-01-01T00:00:01.000Z"


@pytest.mark.parametrize("scope", [None, "EU", "a\tb", "a\nb", "a\\tb", "\\", "\\\\n", "é", "x\\0\0"])
def test_a_record_is_read_back_as_it_was_written(scope: str | None) -> None:
    line = log.head(T, "err+", "read#2", 3, scope) + "text\twith\ttabs \\t €".encode()
    assert b"\n" not in line
    assert log.read(line) == log.Record(
        t=T, stream="err", step="read#2", attempt=3, scope=scope, text="text\twith\ttabs \\t €", partial=True
    )


@pytest.mark.parametrize("line", [b"", b"torn", b"a\tb\tc\tx\te\tf", b"\xff\xfe", b"a\tb\tc\t1\te"])
def test_what_is_no_record_is_shown_as_text_of_the_house(line: bytes) -> None:
    record = log.read(line)
    assert (record.stream, record.text) == ("sys", line.decode("utf-8", "replace"))


def test_only_the_house_can_say_that_output_was_left_out() -> None:
    said = log.marker(5, 6)
    assert log.read(log.head(T, "sys", "load", 1, None) + said.encode()).leaves_out
    assert not log.read(log.head(T, "out", "load", 1, None) + said.encode()).leaves_out
