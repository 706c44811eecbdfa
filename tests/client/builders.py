"""What a server would answer, with the members that a test cares about."""

from typing import Any


def execution(status: str = "succeeded", **members: Any) -> dict[str, Any]:
    """An execution on the wire."""
    return {
        "id": "run_06g8r3v9000000000000000000", "number": 7, "job": "hello", "status": status, "revision": 3,
        "created_at": "2031-04-07T02:00:00.120Z", "exit_status": None, "a_member_of_next_year": 1,
    } | members  # fmt: skip


def job(**members: Any) -> dict[str, Any]:
    """A job on the wire."""
    return {"name": "hello", "number": 1, "version": 1, "revision": 1, "definition": {"job": "hello"}} | members


def log_line(n: int, text: str = "x", **members: Any) -> dict[str, Any]:
    """A log line on the wire."""
    return {
        "n": n,
        "t": "2031-04-07T02:00:00.120Z",
        "step": "s",
        "stream": "out",
        "level": None,
        "text": text,
    } | members
