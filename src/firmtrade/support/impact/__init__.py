"""Follow-up and impact: what became of supported firms, and what they would have become without."""
