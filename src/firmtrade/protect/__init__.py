"""Disclosure control: the only place where a Release is made.

Its numerical core works on any linear system of published figures and knows nothing of studies:

    system = build(members, rows)                       system.py, tables.py
    evidence = evidence_of(system, contributions)       evidence.py
    plan = primary(values, evidence, profile(...))      primary.py, rules.py
    pattern = suppress(system, rows, plan, evidence)    suppress.py (search, local, insider, prune, witness)
    report = attack(system, printed(values, hidden), plan, rows=rows, evidence=evidence)    attack.py
    certificate(pattern).write(path); check(...)        certificate.py
    attack_release(path)                                foreign.py: a release made by others

A release goes through `decide(computed, policy, ...)`: a run attacks it, `whatif` and `merge` rehearse it.

Values are whole numbers (cents), so rules are exact; distances and intervals are in the same unit.
These modules need numpy and the solver and are imported where they are used.
"""

from firmtrade.protect.custody import custody_folder, keeping, settle
from firmtrade.protect.ledger import Recorder, recording, unless_it_fails
from firmtrade.protect.modelled import with_models
from firmtrade.protect.policy import Policy
from firmtrade.protect.protected import Custody, release_protected
from firmtrade.protect.release import Origin, reason_to_leave, release_unprotected

__all__ = [
    "Custody", "Origin", "Policy", "Recorder", "custody_folder", "keeping", "reason_to_leave", "recording",
    "release_protected", "release_unprotected", "settle", "unless_it_fails", "with_models",
]  # fmt: skip
