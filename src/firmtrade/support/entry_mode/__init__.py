"""Entry mode: Table 33 of the report as data, its marks counted, and the modes that a firm can carry."""
