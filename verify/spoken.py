"""Bytes on a socket: what a well-behaved client would never send, and what came back."""

import re
import socket
import time
from contextlib import suppress
from typing import NamedTuple

from verify.client import ADMIN_KEY

AUTHORIZED = f"Authorization: Bearer {ADMIN_KEY}\r\n".encode()
PIECE = 16_384
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


class Heard(NamedTuple):
    """What came back: the statuses of all answers, the whole text, the bytes that could be sent, whether it hung up."""

    statuses: list[int]
    text: bytes
    sent: int
    hung_up: bool


def say(port: int, *pieces: bytes, seconds: float = 3.0) -> Heard:
    """Send pieces one after the other until the server hangs up; then listen until it does, or falls silent."""
    sent, text, hung_up = 0, b"", False
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as line:
        try:
            for piece in pieces:
                line.sendall(piece)
                sent += len(piece)
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                line.settimeout(max(0.01, until - time.monotonic()))
                more = line.recv(1 << 16)
                if not more:
                    hung_up = True
                    break
                text += more
        except TimeoutError:
            pass
        except OSError:
            hung_up = True
            with suppress(OSError):
                text += line.recv(1 << 16)
    return Heard([int(found) for found in _STATUS.findall(text)], text, sent, hung_up)
