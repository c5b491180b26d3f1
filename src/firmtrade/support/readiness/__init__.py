"""Readiness: questionnaires as data, a profile by dimension, gates that no total replaces, next steps."""
