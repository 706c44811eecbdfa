"""The step that does nothing."""


def nothing() -> None:
    """Nothing."""
