"""Tables over trade cells: what a panel of firm x year cannot hold."""
