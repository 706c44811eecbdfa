"""A step of kind `sql`: a query or script on a connection; its rows become a result set."""

from typing import Any

from runbell.authoring.context import Context


def run(ctx: Context, task: dict[str, Any]) -> dict[str, Any]:
    """Run the text. The result says how many rows there were."""
    import duckdb

    if "connection" in task:
        raise ValueError("Only DuckDB over the workspace's files is here so far; leave `connection` out.")
    with duckdb.connect() as db:
        cursor = db.execute(task["sql"], task["bind"] or None)
        names = [column[0] for column in cursor.description or ()]
        rows = ctx.result_set(iter(cursor.fetchone, None), task["result"], columns=names)
    return {"rows": rows}
