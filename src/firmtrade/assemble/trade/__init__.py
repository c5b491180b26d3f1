"""Declarations, business register and accounts, linked into the panel and the relations of trade."""
