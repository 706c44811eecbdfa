"""The doors: each dialect is one whole small app over the same operations, and none knows another."""
