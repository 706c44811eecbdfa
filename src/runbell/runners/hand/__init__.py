"""The hand: a small process that runs one step at a time, keeps its log, and leaves nothing of it alive."""
