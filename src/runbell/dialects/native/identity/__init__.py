"""Endpoints and shapes for those who can be a caller: projects, users, clients, keys, sign-ins."""
