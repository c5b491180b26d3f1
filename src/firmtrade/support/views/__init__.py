"""The report's twelve recommendations as twelve views: each a number, and a list of firms."""
