"""Conditions of a write that may make something, beside a revision that has to stand."""

from typing import Final

ABSENT: Final = 0
"""Only when it is not there yet."""
PRESENT: Final = -1
"""Only when it is there, at whatever revision."""
