"""The step that leaves many rows."""

from runbell import Context


def rows(ctx: Context, count: int) -> int:
    """So many rows, as a result set."""
    return ctx.result_set(
        ({"n": n, "name": f"row {n}", "price": n / 4, "even": n % 2 == 0} for n in range(count)), "rows"
    )
