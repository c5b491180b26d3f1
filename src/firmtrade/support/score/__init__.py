"""The exporting score: how probable a first export (or a stop) is, from accounts that are public."""
