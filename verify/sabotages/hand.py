"""Known bugs of the hand."""
