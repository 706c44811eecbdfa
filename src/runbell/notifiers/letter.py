"""What a mail says: plain text, a subject that tells all, a link. Made once per delivery, and sent as it is again."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from runbell.domain.delivery import Delivery
from runbell.domain.ids import public

WORDS: Final = {"discarded": "was discarded", "stopped": "was stopped", "lost": "was lost"}
LONGEST: Final = 10_000


def letter(delivery: Delivery, receiver: str, sender: str, base: str | None) -> bytes:
    """The message about an event of an execution. `base` is what URLs of this house begin with, if anybody knows."""
    told = delivery.told
    word = delivery.type.partition(".")[2]
    says = f"{told.job} {told.number} {WORDS.get(word, word)}"
    status = told.data.get("exit_status") or {}
    lines = [f"{says} at {_time(delivery.time)}."]
    if message := str(status.get("message") or ""):
        lines += ["", f"{status.get('code', '')}: {message}".lstrip(": ")]
    lines += ["", f"Project: {told.project}", f"Execution: {public(told.execution)}"]
    lines += [f"Key: {told.key}"] if told.key else []
    lines += ["", f"{base}/api/v1/executions/{public(told.execution)}" if base else f"runbell show {told.number}", ""]
    return message_of(
        receiver=receiver, sender=sender, subject=f"[runbell] {says}", text="\n".join(lines), at=delivery.time,
        id_=f"msg_{delivery.id}",
    )  # fmt: skip


def message_of(*, receiver: str, sender: str, subject: str, text: str, at: int, id_: str) -> bytes:
    """A message as it goes to a mail server. The policy refuses a header with a line break (ValueError)."""
    message = EmailMessage(policy=SMTP)
    message["From"] = f"runbell <{sender}>"
    message["To"] = receiver
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.fromtimestamp(at / 1_000, UTC))
    message["Message-ID"] = f"<{id_}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_harmless(text))
    return message.as_bytes()


def _harmless(text: str) -> str:
    """Without what steers a terminal or a mail program; and not without an end."""
    shown = "".join(
        letter if letter.isprintable() or letter == "\n" else "␀" if letter == "\0" else " " for letter in text
    )
    return shown if len(shown) <= LONGEST else shown[:LONGEST] + "…\n"


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
