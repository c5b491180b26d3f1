"""Total factor productivity: the production function with a proxy for what only the firm knows."""
