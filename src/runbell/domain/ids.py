"""Execution ids: a UUIDv7 (RFC 9562) as 26 lower-case Crockford base32 characters, so that text order is time order."""

import secrets
from typing import Final
from uuid import UUID

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES: Final = {character: value for value, character in enumerate(ALPHABET)}
_PAIRS: Final = [first + second for first in ALPHABET for second in ALPHABET]
LENGTH: Final = 26
PREFIX: Final = "run_"


def public(execution_id: str) -> str:
    """The id as people and programs write it: in the native API, in a job's environment, in logs."""
    return PREFIX + execution_id


def new_id(at: int) -> str:
    """A fresh id for the moment `at` (epoch ms): 48 bits of time, then 74 random bits."""
    noise = secrets.randbits(74)
    value = (at & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | (noise >> 62) << 64 | 0b10 << 62 | noise & (1 << 62) - 1
    return encode(value)


def encode(value: int) -> str:
    """The 26 characters of a 128-bit number."""
    return "".join([_PAIRS[value >> shift & 1023] for shift in range(120, -1, -10)])


def to_uuid(text: str) -> UUID:
    """The UUID of an id."""
    value = 0
    for character in text:
        value = value << 5 | _VALUES[character]
    return UUID(int=value)


def from_uuid(uuid: UUID) -> str:
    """The id of a UUID."""
    return encode(uuid.int)


def is_id(text: str) -> bool:
    """True for 26 characters that spell a 128-bit number."""
    return len(text) == LENGTH and text[0] in "01234567" and all(character in _VALUES for character in text)


def moment(text: str) -> int:
    """When the id was made, epoch ms."""
    return to_uuid(text).int >> 80
