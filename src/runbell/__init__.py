"""runbell: ring it over HTTP, the job runs, it rings back."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runbell.authoring import Context, Secret, job, step

__all__ = ["Context", "Secret", "job", "step"]


def __getattr__(name: str) -> Any:
    """The names for job authors, imported when first asked for: importing `runbell` costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module 'runbell' has no attribute {name!r}; it has {', '.join(__all__)}.")
    import runbell.authoring

    return getattr(runbell.authoring, name)
