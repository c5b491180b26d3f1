"""Disclosure control: the only place where a Release is made."""

from firmtrade.protect.release import Origin, reason_to_leave, release_unprotected

__all__ = ["Origin", "reason_to_leave", "release_unprotected"]
