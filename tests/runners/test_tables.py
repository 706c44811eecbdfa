"""The rows and columns of a CSV file are counted right, whatever its fields hold and however it is cut."""

import pytest

from runbell.runners.hand.tables import TableCount

QUOTED = b'a,"b ""x""\n",c\n1,"two\nlines",3\n4,5,6'


@pytest.mark.parametrize(
    ("content", "separator", "shape"),
    [
        (b"", ",", (0, 0)),
        (b"a,b\n", ",", (0, 2)),
        (b"a,b\r\n1,2\r\n3,4", ",", (2, 2)),
        (QUOTED, ",", (2, 3)),
        (b"a\tb\n1\t2\n", "\t", (1, 2)),
    ],
)
def test_records_are_counted(content: bytes, separator: str, shape: tuple[int, int]) -> None:
    for size in (1, 7, 1_000):
        table = TableCount(separator)
        for start in range(0, len(content), size):
            table.take(content[start : start + size])
        assert table.shape() == shape
