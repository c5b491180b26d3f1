"""Trade declarations: where they are, and what their periods, flows, partners and products mean."""
