"""Disclosure control: the only place where a Release is made."""

from firmtrade.protect.custody import write_custody
from firmtrade.protect.ledger import Recorder, recording
from firmtrade.protect.protected import Custody, release_protected
from firmtrade.protect.release import Origin, reason_to_leave, release_unprotected

__all__ = [
    "Custody", "Origin", "Recorder", "reason_to_leave", "recording", "release_protected",
    "release_unprotected", "write_custody",
]  # fmt: skip
