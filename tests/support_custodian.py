"""A small drawn panel with a canary: a firm alone in its region, with values like no other's."""

from __future__ import annotations

import random
from pathlib import Path

CANARY = "canary-7f3a9"
#: Its name, and its value as it could be written: rounded or not, in euro or thousands, with any separator.
TRACES = (
    rb"canary",
    rb"7f3a9",
    rb"7[^0-9]{0,3}777[^0-9]{0,3}77[78]",
    rb"7[^0-9]{0,3}777[.,][78]",
    rb"\b7[.,]7[78]",
)
HEAD = (
    "firm,year,activity,region,founded,employment,turnover,value_added,domestic,"
    "import_intra,import_extra,export_intra,export_extra"
)

STUDY = """
title = "Who exports"
source = "a drawn panel"
[panel]
classification = "NACE 1.1"
regions = ["BE1", "BE2", "BE3"]

[tables.table-01]
title = "Exports by region"
sample = "smes"
period = 2002
measures = ["firms", "export-value", "productivity", "turnover"]
by = { region = ["BE1", "BE2", "BE3", "_T"] }
rows = ["region"]
columns = ["measure"]

[tables.table-02]
title = "Firms by size"
sample = "smes"
period = 2002
measures = ["firms", "value-added"]
by = { size = ["0-9", "10-49", "50-99", "100-249", "_T"] }
rows = ["size"]
columns = ["measure"]

[tables.figure-01]
title = "Value added by region"
sample = "smes"
period = 2002
measures = ["value-added"]
by = { region = "all" }
chart = { kind = "bar", x = "region" }
"""

#: Tables that show no total, so that what is hidden shows in no other figure.
CLOSED = """
title = "Who exports"
source = "a drawn panel"
[panel]
classification = "NACE 1.1"
regions = ["BE1", "BE2", "BE3"]

[tables.table-01]
title = "Exports by region"
sample = "smes"
period = 2002
measures = ["firms", "export-value", "productivity", "turnover", "median-productivity", "mean-employment"]
by = { region = "all" }
rows = ["region"]
columns = ["measure"]

[tables.figure-01]
title = "Value added by region"
sample = "smes"
period = 2002
measures = ["value-added"]
by = { region = "all" }
chart = { kind = "bar", x = "region" }

[tables.figure-02]
title = "Turnover by region and size"
sample = "smes"
period = 2002
measures = ["turnover"]
by = { region = "all", size = ["0-9", "10-49"] }
chart = { kind = "stacked", x = "region", color = "size" }

[tables.figure-03]
title = "Productivity by size"
sample = "smes"
period = 2002
measures = ["productivity"]
by = { region = "all", size = ["0-9", "10-49"] }
chart = { kind = "line", x = "size", color = "region" }
"""


def lines(value: str = "7777777.77") -> list[str]:
    """The panel's lines; `value` is what the canary has of everything."""
    draw = random.Random(7)
    rows = [HEAD, f"{CANARY},2002,1511,BE100,1990,7.7,{value},{value},true,{value},{value},{value},{value}"]
    for number in range(60):
        region, division = draw.choice(["BE211", "BE300"]), draw.choice(["1511", "2911"])
        size = draw.choice([3, 5, 8, 20, 30])
        money = [draw.randrange(1000, 900_000) for _ in range(6)]
        rows.append(
            f"f{number:03},2002,{division},{region},1990,{size},{money[0] + 10_000_000},{money[1]},true,"
            f"{money[2]},{money[3]},{money[4]},{money[5]}"
        )
    # Firms of medium size: too few in one class.
    for number, size in enumerate((60, 70, 120, 130, 140)):
        rows.append(f"m{number},2002,1511,BE300,1990,{size},20000000,{500_000 + number},true,1,1,1,1")
    return rows


def panel(folder: Path, value: str = "7777777.77") -> Path:
    """The panel as CSV."""
    file = folder / "panel.csv"
    file.write_text("\n".join(lines(value)) + "\n", encoding="utf-8")
    return file


def study(folder: Path, text: str = STUDY) -> Path:
    """The study file."""
    file = folder / "study.toml"
    file.write_text(text, encoding="utf-8")
    return file
