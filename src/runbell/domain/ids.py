"""Execution ids: a UUIDv7 (RFC 9562) as 26 lower-case Crockford base32 characters, so that text order is time order."""

import os
import re
from typing import Final
from uuid import UUID

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_DIGITS: Final = str.maketrans(ALPHABET, "0123456789abcdefghijklmnopqrstuv")  # as int(…, 32) reads them
_ID: Final = re.compile(f"[0-7][{ALPHABET}]{{25}}", re.ASCII)
_PAIRS: Final = [first + second for first in ALPHABET for second in ALPHABET]
LENGTH: Final = 26
_FIXED: Final = 0xF << 76 | 0b11 << 62
_VERSION_7: Final = 0x7 << 76 | 0b10 << 62
PREFIX: Final = "run_"


def public(execution_id: str) -> str:
    """The id as people and programs write it: in the native API, in a job's environment, in logs."""
    return PREFIX + execution_id


def new_id(at: int) -> str:
    """A fresh id for the moment `at` (epoch ms): 48 bits of time, then 74 random bits."""
    noise = int.from_bytes(os.urandom(10))
    return encode((at & 0xFFFF_FFFF_FFFF) << 80 | noise & ~_FIXED | _VERSION_7)


def encode(value: int) -> str:
    """The 26 characters of a 128-bit number."""
    return "".join([_PAIRS[value >> shift & 1023] for shift in range(120, -1, -10)])


def to_uuid(text: str) -> UUID:
    """The UUID of an id."""
    return UUID(int=int(text.translate(_DIGITS), 32))


def from_uuid(uuid: UUID) -> str:
    """The id of a UUID."""
    return encode(uuid.int)


def is_id(text: str) -> bool:
    """True for 26 characters that spell a 128-bit number."""
    return _ID.fullmatch(text) is not None


def moment(text: str) -> int:
    """When the id was made, epoch ms."""
    return int(text[:10].translate(_DIGITS), 32)  # 50 bits, of which the first two are 0
