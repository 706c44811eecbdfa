"""The client against a server that says what the script says."""
