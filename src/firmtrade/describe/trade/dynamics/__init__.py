"""Exporter dynamics: entry, exit, survival and growth of exporters, as the World Bank publishes them."""
