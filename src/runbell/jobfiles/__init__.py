"""The jobs folder: YAML files become jobs, each problem with its file, line and remedy."""

from runbell.jobfiles.changes import Changes, Snapshot, changes, snapshot
from runbell.jobfiles.folder import BrokenFile, JobsFolder, JobSource, PythonFile, describe, load_file, load_folder

__all__ = [
    "BrokenFile",
    "Changes",
    "JobSource",
    "JobsFolder",
    "PythonFile",
    "Snapshot",
    "changes",
    "describe",
    "load_file",
    "load_folder",
    "snapshot",
]
