"""The engine of one process: it claims what is queued, runs it over warm hands, and writes down what happened."""

from runbell.engine.local import LocalEngine

__all__ = ["LocalEngine"]
