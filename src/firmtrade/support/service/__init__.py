"""The service zone's questions: each takes a Register, never a Panel or a Study."""
