"""Do firms learn by trading: staggered difference in differences, and how far it can be trusted."""
