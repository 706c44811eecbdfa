"""Python steps of the trials: they leave a line of evidence, and do what they are told."""

import os
import time
from pathlib import Path


def note(ledger: str, mark: str) -> str:
    """One line: execution, step, attempt, epoch, mark."""
    write(ledger, mark)
    return mark


def write(ledger: str, mark: str) -> None:
    """Append it in one call, so that lines of many processes never mix."""
    about = [os.environ[f"RUNBELL_{name}"] for name in ("EXECUTION_ID", "STEP", "ATTEMPT", "EPOCH")]
    handle = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, " ".join([*about, mark, f"{time.time():.3f}"]).encode() + b"\n")
    finally:
        os.close(handle)


def begin_and_end(ledger: str, mark: str) -> None:
    """Two lines, with a moment between them."""
    write(ledger, "begin")
    time.sleep(0.002)
    write(ledger, "end")


def may_break(ledger: str, mark: str, breaks: str) -> str:
    """One line; fails if this is the step to break and it may not go on yet."""
    scope = os.environ.get("RUNBELL_SCOPE", "")
    write(ledger, mark)
    if breaks in (os.environ["RUNBELL_STEP"], scope) and not Path(f"{ledger}.{mark}.go").exists():
        raise RuntimeError("It may not go on yet.")
    return mark
