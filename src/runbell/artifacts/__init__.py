"""The folders of executions on a local disk, and reading their logs."""

from runbell.artifacts.folders import ExecutionFolders

__all__ = ["ExecutionFolders"]
