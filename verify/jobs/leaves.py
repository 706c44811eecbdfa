"""Leaves one of everything that a step can leave."""

from pathlib import Path

from runbell import Context


def leave(ctx: Context):
    """A log, a result set, exception records, a file, a result."""
    print("told")
    ctx.result_set([{"a": 1}], name="rows")
    ctx.exception_records([{"a": 2}], reason="odd", name="odd")
    Path("rows.csv").write_text("a\n1\n")
    ctx.output_file("rows.csv")
    return 1
