"""The statistics zone: words for a Study, whose figures leave through disclosure control and name no firm."""
