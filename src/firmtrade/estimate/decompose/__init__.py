"""Where a change comes from: productivity, exports and jobs, in parts that add up exactly."""
