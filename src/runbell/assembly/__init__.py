"""The only room that knows every other: it opens them, joins them, and closes them in order."""

from runbell.assembly.serving import serve

__all__ = ["serve"]
