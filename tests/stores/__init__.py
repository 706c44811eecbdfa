"""The behaviour suite of the store port, and what is special about each database."""
