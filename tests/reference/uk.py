"""HMRC's businesses by region in the contract's columns: a second publication for the auditor."""

from __future__ import annotations

import csv
from pathlib import Path

HEADER = ("table", "sample", "period", "region", "flow", "measure", "value", "unit", "decimals")
FLOWS = {
    ("exports", "C"): "export-intra",
    ("exports", "non-eu"): "export-extra",
    ("exports", "europe"): "export",
    ("imports", "C"): "import-intra",
    ("imports", "non-eu"): "import-extra",
    ("imports", "europe"): "import",
}


def convert(source: Path, target: Path) -> list[str]:
    """Write the NUTS 1 counts of `source` as a published.csv; return the regions."""
    rows, regions = [], set()
    with source.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            level, _, region = row["NUTS Geography"].partition("/")
            flow = FLOWS.get((row["Flow Directions"], row["HMRC Partner Geography"]))
            if level != "nuts1" or flow is None or row["SITC 4"] != "all" or not row["Value"]:
                continue
            code = "_T" if region == "all" else region
            regions |= {region} - {"all"}
            table = "uk-total" if code == "_T" else "uk-regions"
            rows.append((table, "all-firms", row["Year"], code, flow, "firms", row["Value"], "count", "0"))
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([HEADER, *sorted(rows)])
    return sorted(regions)


def study(regions: list[str], path: Path, overlapping: bool = True) -> Path:
    """A study in which a business is in every region where it has employees, or in one only."""
    columns = ", ".join(f'in_{code.lower()} = "{code}"' for code in regions)
    if overlapping:
        groups = ", ".join(f'{code} = "in_{code.lower()} > 0"' for code in regions)
        meaning = f"groups = {{ {groups} }}"
    else:
        codes = ", ".join(f'{code} = "{code}"' for code in regions)
        meaning = f'expr = "substr(region, 1, 3)"\ncodes = {{ {codes} }}'
    path.write_text(
        f'title = "UK trade by region"\n[panel]\ncolumns = {{ {columns} }}\n'
        f'[dimensions.region]\ntitle = "Region"\nsource = "own"\n{meaning}\n',
        encoding="utf-8",
    )
    return path
