"""Where the data come from: files and databases, read with explicit types, rows counted."""
