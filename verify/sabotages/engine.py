"""Known bugs of the engine."""
