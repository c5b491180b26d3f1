"""Disclosure control: the only place where a Release is made."""

from firmtrade.protect.custody import write_custody
from firmtrade.protect.protected import Custody, release_protected
from firmtrade.protect.release import Origin, reason_to_leave, release_unprotected

__all__ = [
    "Custody", "Origin", "reason_to_leave", "release_protected", "release_unprotected", "write_custody",
]  # fmt: skip
