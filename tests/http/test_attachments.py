"""The headers of a file that somebody keeps: a name that every client reads, and none that leads anywhere."""

import pytest

from runbell.http.attachments import attachment


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ads.csv", 'attachment; filename="ads.csv"'),
        ("sub/ads.csv", 'attachment; filename="ads.csv"'),
        ("..\\..\\x", 'attachment; filename="x"'),
        ("Übersicht 1.csv", "attachment; filename=\"_bersicht 1.csv\"; filename*=UTF-8''%C3%9Cbersicht%201.csv"),
        ('a"b\r\nc%', "attachment; filename=\"a_b__c_\"; filename*=UTF-8''a%22b%0D%0Ac%25"),
        ("", 'attachment; filename="file"'),
    ],
)
def test_the_name_of_a_file(name: str, said: str) -> None:
    headers = dict(attachment(name, "text/csv"))
    assert headers[b"content-disposition"].decode() == said
    assert headers[b"x-content-type-options"] == b"nosniff"
