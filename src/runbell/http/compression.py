"""Answers over 1 KB are compressed when the caller asks for it (RFC 9110 §12.5.3). Streams never are."""

import asyncio
import gzip
import re
from typing import Final

from runbell.http.answer import Answer

WORTH_IT: Final = 1_024
OFF_THE_LOOP: Final = 65_536
_LEVEL: Final = 4
_ITEM: Final = re.compile(rb"\s*(gzip|\*)\s*(?:;\s*q\s*=\s*([0-9.]+)\s*)?(?:,|$)")


async def compress(answer: Answer, accepted: bytes | None) -> None:
    """Compress the body in place when it is worth it and gzip is accepted."""
    if len(answer.body) <= WORTH_IT:
        return
    answer.headers.append((b"vary", b"Accept-Encoding"))
    if accepted is None or accepted == b"identity" or not _accepts(accepted):
        return
    if len(answer.body) > OFF_THE_LOOP:
        answer.body = await asyncio.to_thread(gzip.compress, answer.body, _LEVEL, mtime=0)
    else:
        answer.body = gzip.compress(answer.body, _LEVEL, mtime=0)
    answer.headers = [
        (name, value[:-1] + b'-gzip"') if name == b"etag" else (name, value) for name, value in answer.headers
    ]
    answer.headers.append((b"content-encoding", b"gzip"))


def _accepts(accepted: bytes) -> bool:
    qualities: dict[bytes, bytes] = dict(_ITEM.findall(accepted.lower()))
    quality = qualities.get(b"gzip", qualities.get(b"*", b"0"))
    return quality == b"" or quality.strip(b"0.") != b""
