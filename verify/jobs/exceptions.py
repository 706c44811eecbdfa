"""Rows of which many are exceptions."""

from pathlib import Path


def make(rows: int) -> None:
    """A file of them."""
    lines = (f"{n},{'' if n % 3 else f'a{n}@x.org'},{n // 2 if n % 5 else n + rows}\n" for n in range(rows))
    Path("rows.csv").write_text("id,email,part\n" + "".join(lines))
