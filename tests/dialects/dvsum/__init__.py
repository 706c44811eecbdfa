"""Tests of the DvSum door."""
