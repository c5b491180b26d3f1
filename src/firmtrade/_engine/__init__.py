"""How a query runs: parsed expressions, named SQL steps, engines. Knows no exporter."""
