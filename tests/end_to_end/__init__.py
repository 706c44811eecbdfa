"""The real server, started as a user starts it, asked as a user asks it."""
