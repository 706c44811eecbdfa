"""`runbell db`: the database of a server on this machine: backed up, restored, upgraded, packed."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, TypeVar

from cyclopts import App, Parameter

from runbell.cli.output import note, put
from runbell.cli.phrases import count
from runbell.cli.reaching import HERE, Common, data_folder
from runbell.cli.trouble import FAULT, Refusal

T = TypeVar("T")
db: Final = App(name="db", help="Back up, restore, upgrade and pack the database of a server on this machine.")
Data = Annotated[Path | None, Parameter(help="The data folder of the server (RUNBELL_DATA, else runbell-data).")]
MIB: Final = 1 << 20


@db.command
def backup(
    to: Path,
    /,
    *,
    files: Annotated[bool, Parameter(negative="--no-files")] = True,
    data: Data = None,
    common: Common = HERE,
) -> int:
    """Back up into a new folder, as of one moment; the server may go on meanwhile. Keys are not copied.

    Parameters
    ----------
    to
        The folder to make.
    files
        With the logs, results and output files of the executions; --no-files: the database alone.
    """
    from runbell.assembly import care

    folder = data or data_folder()
    made = _done(lambda: care.back_up(folder, to, files=files))
    if keys := ", ".join(sorted(key.name for key in folder.glob("*.key"))):
        note(f"Not in it: {keys}. Keep these apart, and put them into the folder of a restored server.")
    if made.elsewhere:
        which = count(made.elsewhere, "execution")
        note(
            f"Not in it: rows and files of {which} that do not lie in {folder}. Where they are in an object store "
            "(RUNBELL_DATA_STORE), back up the bucket by its own means, and give the restored server the same one."
        )

    def people() -> None:
        with_files = f", {count(made.files, 'execution')} with files" if made.files is not None else ""
        size = f"{made.bytes / MIB:.1f} MiB"
        print(f"{to}: {count(made.executions, 'execution')}, {size}{with_files}. Restore it: runbell db restore {to}")

    put(common.form, made, people)
    return 0


@db.command
def restore(
    source: Path,
    /,
    *,
    replace: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    data: Data = None,
    common: Common = HERE,
) -> int:
    """Put a backup into a data folder; never over a running server.

    Parameters
    ----------
    source
        The folder of the backup.
    replace
        Move aside what the data folder holds.
    """
    from runbell.assembly import care

    folder = data or data_folder()
    made = _done(lambda: care.restore(source, folder, replace=replace))
    said = f"{folder}: {count(made.executions, 'execution')}, as of {made.made_at}. Next: runbell serve --data {folder}"
    put(common.form, made, lambda: print(said))
    return 0


@db.command
def upgrade(*, data: Data = None, common: Common = HERE) -> int:
    """Bring the tables to the shape of this version, as the next start of the server would."""
    from runbell.assembly import care

    shape = _done(lambda: care.upgrade(data or data_folder()))
    news = "nothing to do" if shape.before == shape.after else f"upgraded from migration {shape.before}"
    put(common.form, shape, lambda: print(f"The database is at migration {shape.after}: {news}."))
    return 0


@db.command
def vacuum(*, data: Data = None, common: Common = HERE) -> int:
    """Give back the room of what was deleted; the server must be stopped meanwhile."""
    from runbell.assembly import care

    packed = _done(lambda: care.pack(data or data_folder()))
    said = f"{packed.before / MIB:.1f} MiB before, {packed.after / MIB:.1f} MiB now."
    put(common.form, packed, lambda: print(said))
    return 0


def _done(do: Callable[[], T]) -> T:
    from runbell.assembly.care import CannotCare

    try:
        return do()
    except CannotCare as refusal:
        raise Refusal(str(refusal), code=FAULT) from None
