"""Python steps that are deep inside C code, where no signal handler ever runs."""

import hashlib
import itertools
import os


def stuck(how: str) -> None:
    """Say that it begins, and never come back to the interpreter."""
    print("up", os.getpid(), flush=True)
    if how == "digests":
        hashlib.pbkdf2_hmac("sha512", b"a", b"b", 2**31 - 1)
    else:
        sum(itertools.repeat(1))


def fine() -> str:
    """What a good step does."""
    return "fine"
