"""Leaves data of each kind, all of it with a mark in it."""

from runbell import Context


def everything(ctx: Context, mark: str):
    """A result set, exception records and a file."""
    ctx.result_set(({"n": n, "mark": mark} for n in range(20)), "numbers")
    ctx.exception_records([{"n": 1, "mark": mark}], reason="odd", name="odd ones")
    ctx.output_file("report.txt").write_text(mark)
