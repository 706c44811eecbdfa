"""The Python worker: forked from a hand, it is where a job's Python code lives."""
