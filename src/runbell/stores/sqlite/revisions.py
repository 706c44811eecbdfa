"""Whether a write is made on the revision it was meant for."""

from runbell.domain.faults import RevisionMismatch
from runbell.ports.revisions import ABSENT, PRESENT


def check(what: str, standing: int | None, wanted: int | None) -> None:
    """Compare the revision there is (None: it is not there) with the one a write asks for. Raises RevisionMismatch."""
    if wanted is None or (wanted == ABSENT and standing is None) or (wanted == PRESENT and standing is not None):
        return
    if wanted == ABSENT:
        raise RevisionMismatch(f"There is a {what} of that name already, at revision {standing}; choose another name.")
    if wanted == PRESENT:
        raise RevisionMismatch(f"There is no {what} of that name; leave out If-Match to make one.")
    if standing != wanted:
        now = "gone" if standing is None else f"at revision {standing}"
        raise RevisionMismatch(f"The {what} is {now}, not at revision {wanted}; read it again, then change it.")
