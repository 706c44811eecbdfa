"""The lobby: what every HTTP door shares. A door is one whole small app with its own routes, words and faults."""
