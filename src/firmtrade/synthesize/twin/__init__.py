"""A twin of a panel that nobody here has seen: made-up firms that print published figures."""

from firmtrade.synthesize.twin.twin import Twin, make_twin

__all__ = ["Twin", "make_twin"]
