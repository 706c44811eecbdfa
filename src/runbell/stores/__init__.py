"""Where the table stands: one room per database, all passing the same behaviour suite."""
