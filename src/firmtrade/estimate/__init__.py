"""Models that answer a question about firms: premia, selection, learning, survival, decomposition."""
