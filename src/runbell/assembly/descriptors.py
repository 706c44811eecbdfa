"""How many files this process may open: every caller that waits holds one, so the limit is raised at the start."""

import resource
from typing import Final

MOST: Final = 65_536
"""More would only cost: some programs walk all descriptors they might have."""
WANTED: Final = 12_000
"""Ten thousand who wait, and what the server itself needs."""


def raise_descriptor_limit() -> str | None:
    """Raise the soft limit as far as is allowed; a sentence when that is not far enough for many callers."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = hard == resource.RLIM_INFINITY
    reach = MOST if unlimited else min(hard, MOST)
    if soft == resource.RLIM_INFINITY or soft >= reach:
        reach = MOST if soft == resource.RLIM_INFINITY else soft
    else:
        resource.setrlimit(resource.RLIMIT_NOFILE, (reach, hard))
    if reach >= WANTED:
        return None
    return (
        f"This process may open {reach} files, enough for about {max(reach - 500, 0)} callers at once; raise the hard "
        f"limit (ulimit -Hn, LimitNOFILE= of a unit, --ulimit nofile= of a container) to {WANTED} for more."
    )
