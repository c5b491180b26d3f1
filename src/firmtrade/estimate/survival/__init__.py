"""How long firms live and how long they trade.

    frames.py        columns of a data frame, checked; the extra that these methods need
    lifetimes.py     a panel of firm-years -> one lifetime a firm, or one interval a firm-year
    histories.py     three-valued yearly flags -> what is known of each firm's trade in each year
    spells.py        spells of trading, and what share of new traders still trades after some years
    kaplan_meier.py  survival curves and, where exits have several causes, cumulative incidence
    logrank.py       whether the curves of groups differ
    design.py        groups and controls -> the columns of a regression, each with the firms behind it
    risksets.py      sums over who is at risk, for what the package that estimates does not give
    hazards.py       the Cox model and its check of proportional hazards
    binary.py        the likelihood of a binary model with a level for each duration
    discrete.py      the hazard in yearly steps, with a free level for each year

Durations are whole years. Who enters at `entry` and leaves at `exit` is at risk of the event in (entry,
exit]: a firm that was founded in 1990 and seen in 1998 .. 2002 enters at age 8; if the panel goes on to
2003 it died at age 13, the first age at which it was not there; if the panel ends in 2002 it was last known
alive at age 12 and is censored there. A firm seen in the panel's last year only was never at risk, and is
counted as such.
"""
