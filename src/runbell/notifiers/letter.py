"""What a mail says: plain text, a subject that tells all, links. Made once per delivery, and sent as it is again."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from typing import Final

from runbell.domain.delivery import Delivery
from runbell.domain.execution import Error, Execution
from runbell.domain.ids import public
from runbell.domain.mail_address import on_the_wire

WORDS: Final = {
    "discarded": "was discarded", "stopped": "was stopped", "lost": "was lost",
    "exceptions_found": "left exception records",
}  # fmt: skip
BADLY: Final = frozenset({"execution.failed", "execution.lost", "execution.stopped"})
LONGEST: Final = 10_000
SUBJECT: Final = 300
_ASCII: Final = SMTP.clone(cte_type="7bit")
"""Whatever it says, the message is ASCII: there is no mail server that does not take it."""


def letter(delivery: Delivery, receiver: str, sender: str, base: str | None, of: Execution | None = None) -> bytes:
    """The message about an event of an execution. `base` is what URLs of this house begin with, if anybody knows; `of`
    the execution as it stands, as long as it is there."""
    told = delivery.told
    word = delivery.type.partition(".")[2]
    says = f"{told.job} {told.number} {WORDS.get(word, word)}"
    lines = [f"{says} at {_time(delivery.time)}.", *_ended(delivery)]
    if of is not None and of.error is not None and delivery.type in BADLY:
        lines += _first_failed(of.error)
    lines += ["", f"Project: {told.project}", f"Execution: {public(told.execution)}"]
    lines += [f"Key: {told.key}"] if told.key else []
    own = f"{base}/api/v1/executions/{public(told.execution)}"
    lines += ["", own, f"{own}/logs"] if base else ["", f"runbell show {told.number}"]
    return message_of(
        receiver=receiver, sender=sender, subject=f"[runbell] {says}", text="\n".join([*lines, ""]), at=delivery.time,
        id_=f"msg_{delivery.id}",
    )  # fmt: skip


def message_of(*, receiver: str, sender: str, subject: str, text: str, at: int, id_: str) -> bytes:
    """A message as it goes to a mail server: in ASCII, but for the address of a receiver that is not (SMTPUTF8, RFC
    6531). The policy refuses a header with a line break (ValueError)."""
    to = on_the_wire(receiver)
    message = EmailMessage(policy=_ASCII if to.isascii() else SMTPUTF8.clone(cte_type="7bit"))
    message["From"] = f"runbell <{sender}>"
    message["To"] = to
    message["Subject"] = subject if len(subject) <= SUBJECT else subject[:SUBJECT] + "…"
    message["Date"] = format_datetime(datetime.fromtimestamp(at / 1_000, UTC))
    message["Message-ID"] = f"<{id_}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_harmless(text))
    return message.as_bytes()


def _ended(delivery: Delivery) -> list[str]:
    data = delivery.told.data
    status = data.get("exit_status") or {}
    if message := str(status.get("message") or ""):
        return ["", f"{status.get('code', '')}: {message}".lstrip(": ")]
    if delivery.type == "execution.exceptions_found":
        return ["", f"Step {data.get('step')} left {data.get('count')} of them."]
    return []


def _first_failed(error: Error) -> list[str]:
    """Where it broke, and the last lines that were written there."""
    scope = f" [{error.scope}]" if error.scope else ""
    lines = ["", f"First failed step: {error.step}{scope}"] if error.step else []
    if error.log_tail:
        lines += ["", "The last lines it wrote:", *(f"    {line}" for line in error.log_tail)]
    return lines


def _harmless(text: str) -> str:
    """Without what steers a terminal or a mail program; and not without an end."""
    shown = "".join(
        letter if letter.isprintable() or letter == "\n" else "␀" if letter == "\0" else " " for letter in text
    )
    return shown if len(shown) <= LONGEST else shown[:LONGEST] + "…\n"


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
