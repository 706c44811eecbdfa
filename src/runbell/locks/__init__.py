"""Locks: what turns secrets into things that can be shown or kept. They know only the ports they stand behind."""
