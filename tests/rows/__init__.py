"""Tests of the folders of executions and of reading logs."""
