"""The benchmarks: `python -m bench` prints a table and writes JSON. Nothing here is a test, and it judges nobody."""
