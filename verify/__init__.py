"""The guarantees as commands: `python -m verify NAME` proves one promise on the running product, or disproves it."""
