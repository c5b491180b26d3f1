"""Disclosure control: the only place where a Release is made."""

from firmtrade.protect.release import Origin, release_unprotected

__all__ = ["Origin", "release_unprotected"]
