"""Tests of hands and of what runs in them: real processes, real folders."""
