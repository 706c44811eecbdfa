"""Which files of a jobs folder have changed, cheaply enough to ask every second."""

from pathlib import Path

from msgspec import Struct

from runbell.jobfiles.listing import listed

Snapshot = dict[str, tuple[int, int]]


class Changes(Struct, frozen=True):
    """File names by what has become of them between two snapshots."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.vanished)


def snapshot(folder: Path) -> Snapshot:
    """Modification time (ns) and size of every file that `load_folder` would look at; a missing folder has none."""
    stamps = {}
    for file in listed(folder):
        try:
            stat = file.stat()
        except OSError:
            continue  # it vanished between the two looks
        stamps[file.name] = (stat.st_mtime_ns, stat.st_size)
    return stamps


def changes(before: Snapshot, after: Snapshot) -> Changes:
    """What came, changed and went."""
    return Changes(
        added=tuple(name for name in after if name not in before),
        changed=tuple(name for name in after if name in before and after[name] != before[name]),
        vanished=tuple(name for name in before if name not in after),
    )
