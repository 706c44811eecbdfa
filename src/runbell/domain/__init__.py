"""What things are and what may happen to them. Pure: no clock, no disk, no network."""
