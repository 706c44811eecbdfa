"""What only the SQLite store promises: plans, migrations, its file, its lock and its writer."""
