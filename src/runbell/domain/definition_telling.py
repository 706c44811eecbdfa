"""Reading whom a job tells of its executions."""

from typing import Final

from runbell.domain.definition_members import Members, shown
from runbell.domain.endpoint import ENDS, Notify
from runbell.domain.mail_address import LIKE, is_address

WORDS: Final = (*(event.removeprefix("execution.") for event in ENDS), "started", "exceptions_found")
MOST: Final = 20


def read_notify(job: Members) -> Notify | None:
    """The webhooks that are told, by name, the addresses that are mailed, and of what (by default webhooks of
    every end, and by mail of those that somebody has to look at).

    That a webhook is there is not asked: it may be made after the job, as its secrets may.
    """
    if "notify" not in job:
        return None
    notify = Members(job.get("notify"), job.place("notify"), job.problems, ("webhooks", "email", "on"))
    names = notify.lines("webhooks", most=MOST, longest=100)
    addresses = notify.lines("email", most=MOST)
    words = notify.lines("on", most=len(WORDS))
    if not names and not addresses:
        notify.wrong("webhooks", "required", "name at least one webhook or `email` address, or take `notify` out")
    for place, address in enumerate(addresses):
        if not is_address(address):
            job.problems.add(notify.place("email", place), "pattern", f"expected {LIKE}, not {shown(address)}")
    for place, word in enumerate(words):
        if word not in WORDS:
            job.problems.add(
                notify.place("on", place), "unknown", f"expected one of {', '.join(WORDS)}", word=word, known=WORDS
            )
    return Notify.of(names, addresses, words or None)
