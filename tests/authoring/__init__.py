"""Tests of what job authors import."""
