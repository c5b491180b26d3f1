"""Rules as data: what must be true of a firm for a segment or a measure, in a small language without code."""
