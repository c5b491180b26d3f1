"""Firm x year: the panel under the contract's names and types, and every problem that it has."""
