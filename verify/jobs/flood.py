#!/usr/bin/env python3
"""Writes so many MiB of lines, one line of so many MB, and so many MiB of noise with NUL and what is no UTF-8."""

import os
import sys

MIB = 1 << 20


def main(lines_mib: int, line_mb: int, binary_mib: int) -> None:
    """Write it all, then the last line."""
    out = sys.stdout.buffer
    lines = b"".join(b"line %07d of a job that says a lot more than anybody will read\n" % n for n in range(16_000))
    for _ in range(lines_mib * MIB // len(lines)):
        out.write(lines)
    for _ in range(line_mb):
        out.write(b"x" * 1_000_000)
    out.write(b"\n")
    noise = os.urandom(MIB - 4) + b"\0\xff\xfe\n"
    for _ in range(binary_mib):
        out.write(noise)
    out.write(b"\nthe very last line\n")
    out.flush()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
