"""What may go wrong on the way out: a way that is not gone at all, or a peer that could not be reached."""


class Refused(Exception):  # noqa: N818 - an answer, not a defect
    """The call is not made: the URL or where it leads is not permitted. The sentence says what to do; asking again
    changes nothing as long as the URL, its name records and the settings are the same."""


class Unreached(Exception):  # noqa: N818 - an answer, not a defect
    """The call was tried and there is no whole answer: no name record, no connection, TLS, a time limit, a broken
    answer. Asking again may help; whether the peer did what was asked is not known."""
