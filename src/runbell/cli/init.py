"""`runbell init`: a folder with sample jobs to change into one's own."""

import shlex
from importlib.resources import files
from pathlib import Path
from typing import Final

from runbell.cli.output import note, put
from runbell.cli.reaching import HERE, Common
from runbell.cli.trouble import Refusal

SAMPLES: Final = ("hello.yaml", "greetings.py")


def init(folder: Path = Path("jobs"), /, *, common: Common = HERE) -> int:
    """Write a folder with sample jobs, one in YAML and one in Python. What is there already is left alone.

    Parameters
    ----------
    folder
        Where to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = [name for name in SAMPLES if _write(folder / name, name)]
    except OSError as error:
        raise Refusal(f"{folder} cannot be written: {error.strerror}.") from None
    for name in SAMPLES:
        note(f"{'wrote' if name in written else 'left as it is'}: {folder / name}")
    said = f"Next: runbell serve --jobs {shlex.quote(str(folder))}\nThen, in another terminal: runbell run hello"
    put(common.form, {"folder": str(folder), "written": written}, lambda: print(said))
    return 0


def _write(target: Path, sample: str) -> bool:
    try:
        with target.open("x") as file:
            file.write((files("runbell.cli") / "samples" / sample).read_text())
    except FileExistsError:
        return False
    return True
