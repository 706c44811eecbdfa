"""The files of a jobs folder, in the order in which they are read."""

from pathlib import Path
from typing import Final

YAML: Final = (".yaml", ".yml", ".json")  # JSON is YAML
PYTHON: Final = ".py"


def listed(folder: Path) -> list[Path]:
    """The job files that lie directly in the folder, by name; none whose name begins with `.` or `_`."""
    if not folder.is_dir():
        return []
    return sorted(
        file
        for file in folder.iterdir()
        if file.suffix in (*YAML, PYTHON) and not file.name.startswith((".", "_")) and file.is_file()
    )
