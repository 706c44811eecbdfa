"""What the service can do, one verb per file. No HTTP, no SQL, no clock of its own."""
