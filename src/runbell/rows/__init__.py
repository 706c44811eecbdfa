"""Rows on disk: how a result set or exception records are written by a step and read back by the server."""
