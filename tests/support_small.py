"""A small study that asks for some of everything, and a drawn panel of holdings to run it on, for tests that
run it in several ways and compare what comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference.panels import random_panel

if TYPE_CHECKING:
    import pandas

#: Counts, medians, sums by two dimensions, a window and a chart; one figure is hidden by name. It ends with
#: [protect], to which a method can be added.
STUDY = """
title = "Who trades"
[panel]
classification = "NACE 1.1"
regions = ["BE1", "BE2", "BE3"]
[windows.growth]
t0 = 1998
t1 = 2002
outcome = 2003

[samples.stayers]
title = "Stayers"
expr = "smes and t0.employment > 0 and outcome.employment > 0 and t1.year is not null"
source = "own"

[tables.counts]
sample = "smes"
period = 2002
measures = ["firms", "participation", "median-productivity"]
by = { size = ["0-9", "10-49", "_T"], flow = ["export", "import"] }

[tables.sums]
sample = "all-firms"
period = [1998, 2002]
measures = ["turnover", "productivity"]
by = { region = ["BE1", "BE2", "BE3", "_T"], size = ["0-9", "10-49", "50-99", "100-249", "_T"] }

[tables.growth]
sample = "stayers"
window = "growth"
measures = ["firms", "productivity-change"]
by = { flow = ["export"], status = ["traders", "constant", "new", "stopped", "non-traders"] }

[tables.figure-01]
sample = "all-firms"
period = 2002
measures = ["turnover"]
by = { activity = "all" }
chart = { kind = "bar", x = "activity" }

[protect]
hide = [{ table = "sums", region = "BE2", size = "0-9", period = "2002", measure = "turnover" }]
"""


def drawn_panel() -> pandas.DataFrame:
    """A random panel of 200 firms, the same each time; two of five belong to one group."""
    drawn = random_panel(11, 200)
    drawn["holding"] = [f"h{firm}" if ord(firm[-1]) % 3 else "group" for firm in drawn["firm"]]
    return drawn
