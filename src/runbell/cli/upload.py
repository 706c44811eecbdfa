"""`runbell upload`: hand in a file for a `file` parameter."""

from pathlib import Path

from runbell.cli.output import put
from runbell.cli.reaching import HERE, Common
from runbell.cli.trouble import Refusal


def upload(file: Path, /, *, name: str | None = None, common: Common = HERE) -> int:
    """Hand in a file; its reference is printed, for `runbell run JOB -p data=file_...`.

    What no start names within a day is removed again.

    Parameters
    ----------
    file
        The file.
    name
        The name that it is to have there; its own when it is not given.
    """
    if not file.is_file():
        raise Refusal(f"There is no file {file}.")
    with common.client() as client:
        made = client.upload(file, name)
    put(common.form, made, lambda: print(made.id))
    return 0
