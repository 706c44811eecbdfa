"""Says its secrets in every way that a program has."""

import base64
import json
import os
import sys
import time
from urllib.parse import quote, quote_plus

from runbell import Context, Secret


def say(ctx: Context, a: Secret, b: Secret, c: Secret, d: Secret, e: Secret, f: Secret):
    """Every form, whole and in pieces, on both outputs; then as progress, exit status and result."""
    known = [*map(str, (a, b, c, d, e, f)), os.environ["STORED"], os.environ["OTHER"]]
    for secret in known:
        for form in forms(secret):
            print("it is", form)
        for size in (1, 3, 7):
            in_pieces(secret, size)
    print(*known, file=sys.stderr)
    ctx.progress(1, 2, f"with {a}")
    time.sleep(1.1)
    ctx.exit_status("WARN", f"left {b} and {os.environ['STORED']}")
    return {"texts": known, "deep": [{c: [f"Bearer {d}"]}]}


def large(e: Secret):
    """A result that becomes a file."""
    return [f"row {e}"] * 20_000


def fail(f: Secret):
    """An exception with a secret in it."""
    raise ValueError(f"cannot log in with {f}")


def forms(secret: str) -> list[str]:
    """What programs make of a text."""
    raw = secret.encode()
    around = [base64.b64encode(before + raw + b"tail").decode() for before in (b"", b"u", b"u:")]
    web = [quote(secret, safe=""), quote(secret), quote_plus(secret), base64.urlsafe_b64encode(raw).decode()]
    return [secret, repr(secret), json.dumps(secret), raw.hex(), base64.encodebytes(raw).decode(), *around, *web]


def in_pieces(secret: str, size: int) -> None:
    """Written a few bytes at a time."""
    sys.stdout.flush()
    raw = secret.encode()
    for at in range(0, len(raw), size):
        os.write(1, raw[at : at + size])
        time.sleep(0.0005)
    os.write(1, b"\n")
