"""What a person types. A server is reached through the client alone, so every command proves the native API."""
