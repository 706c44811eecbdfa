"""Reading whom a job tells of its executions."""

from typing import Final

from runbell.domain.definition_members import Members
from runbell.domain.endpoint import ENDS, Notify

WORDS: Final = tuple(event.removeprefix("execution.") for event in ENDS)
MOST: Final = 20


def read_notify(job: Members) -> Notify | None:
    """The webhooks that are told, by name, and of which ends (all, when none are named).

    That they are there is not asked: a webhook may be made after the job, as its secrets may.
    """
    if "notify" not in job:
        return None
    notify = Members(job.get("notify"), job.place("notify"), job.problems, ("webhooks", "on"), LATER)
    names = notify.lines("webhooks", most=MOST, longest=100)
    words = notify.lines("on", most=len(WORDS))
    if not names and "webhooks" not in notify.refused:
        notify.wrong("webhooks", "required", "name at least one webhook, or take `notify` out")
    for place, word in enumerate(words):
        if word not in WORDS:
            job.problems.add(
                notify.place("on", place), "unknown", f"expected one of {', '.join(WORDS)}", word=word, known=WORDS
            )
    return Notify(webhooks=names, events=tuple(f"execution.{word}" for word in words) or ENDS)


LATER: Final = {"email": "name a webhook until mail is sent, too"}
