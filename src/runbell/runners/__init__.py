"""How steps are run: hands (child processes) that start commands and Python workers, and end them for good."""
