"""What goes wrong while a run is at work, done on purpose: python -m faults, or make faults.

Every fault meets a run that is to replace an earlier output, with the custodian's folder beside it and a
ledger. Afterwards each of the three must be as before or as an undisturbed run leaves it, nothing of the
killed run may stay once the next one is done, and what is said must be one clear message.
"""
