"""Options of a dialect's door."""

import pytest
from msgspec import Struct

from runbell.http.options import read_options


class Options(Struct, frozen=True, kw_only=True):
    """For a test."""

    verbatim_status: bool = False
    sync_timeout: int = 3_600


def test_options_come_as_texts_and_have_their_own_types() -> None:
    assert read_options("x", {}, Options) == Options()
    assert read_options("x", {"verbatim_status": "true", "sync_timeout": "5"}, Options) == Options(
        verbatim_status=True, sync_timeout=5
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [({"verbatim": "true"}, "no setting x.verbatim"), ({"sync_timeout": "soon"}, "A setting of x is not valid")],
)
def test_an_option_that_is_unknown_or_unfit_is_refused_with_a_sentence(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_options("x", given, Options)
