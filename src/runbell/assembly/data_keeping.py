"""Where what steps leave is kept: in the data folder, or in the object store that the settings name."""

from typing import Final

from runbell.artifacts import ExecutionFolders
from runbell.settings import Settings

FOLDER: Final = "folder"


def open_artifacts(settings: Settings) -> ExecutionFolders:
    """The folders of executions, with their data where it belongs. Raises ValueError for a store that is none."""
    root = settings.data.resolve() / "executions"
    if settings.data_store == FOLDER:
        return ExecutionFolders(root)
    from runbell.artifacts.data_objects import Bucket, DataObjects

    bucket = Bucket(
        url=settings.data_store, endpoint=settings.s3_endpoint, region=settings.s3_region, key_id=settings.s3_key_id,
        secret=settings.s3_secret,
    )  # fmt: skip
    return ExecutionFolders(root, DataObjects(bucket, root))
