"""A drawn panel, two breakdowns of it, and what can be worked out from several releases together."""

from __future__ import annotations

import random
from pathlib import Path

from firmtrade import Study
from reference.exact_disclosure import disclosed

COLUMNS = ("firm", "year", "activity", "region", "employment", "turnover")
BROAD = """
title = "Firms and turnover"
[panel]
classification = "NACE 1.1"
[tables.broad]
sample = "all-firms"
period = 2002
measures = ["firms", "turnover"]
by = { region = ["BE1", "BE2", "BE3", "_T"], size = "all" }
[tables.narrow]
sample = "all-firms"
period = 2002
measures = ["firms", "turnover"]
by = { activity = ["15", "24", "29", "_T"], region = ["BE1", "BE2", "BE3"] }
"""
OTHER = """
title = "Firms and turnover, otherwise"
[panel]
classification = "NACE 1.1"
[dimensions.band]
title = "Size band"
expr = "case when employment < 12 then 'small' when employment < 50 then 'middle' else 'large' end"
codes = { small = "Small", middle = "Middle", large = "Large" }
source = "own"
[tables.banded]
sample = "all-firms"
period = 2002
measures = ["firms", "turnover"]
by = { band = "all", region = ["BE1", "BE2", "BE3"] }
"""
Firm = dict[str, object]


def drawn(firms: int = 300, seed: int = 3) -> list[Firm]:
    """Firms of one year: three industries, three regions, skewed employment and turnover."""
    draw = random.Random(seed)
    found: list[Firm] = []
    for number in range(firms):
        employment = int(draw.lognormvariate(2.6, 1.2)) + 1
        found.append({
            "firm": f"F{number:04}", "year": 2002, "activity": draw.choice(("1511", "2411", "2911")),
            "region": draw.choice(("BE100", "BE211", "BE310")), "employment": min(employment, 249),
            "turnover": employment * draw.randint(20_000, 200_000),
        })  # fmt: skip
    return found


def write(path: Path, firms: list[Firm]) -> str:
    lines = [",".join(COLUMNS), *(",".join(str(firm[name]) for name in COLUMNS) for firm in firms)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def study(folder: Path, text: str = BROAD, name: str = "study.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def release(folder: Path, firms: list[Firm], ledger: Path | None = None, text: str = BROAD, **more):
    """The release of these firms, recorded if there is a ledger."""
    panel = write(folder / "panel.csv", firms)
    return Study(study(folder, text), panel, ledger=ledger, **more).release()


def inside(firm: Firm, codes: dict[str, str]) -> bool:
    """Whether a firm is in the group of a cell: worked out here, not by the package."""
    employment = int(str(firm["employment"]))
    size = (
        "0-9"
        if employment < 10
        else "10-49"
        if employment < 50
        else "50-99"
        if employment < 100
        else "100-249"
    )
    band = "small" if employment < 12 else "middle" if employment < 50 else "large"
    own = {
        "region": str(firm["region"])[:3],
        "activity": str(firm["activity"])[:2],
        "size": size,
        "band": band,
    }
    return all(code in ("_T", own[name]) for name, code in codes.items())


def told(made, measure: str):
    """(codes, value) of what a release shows of a measure."""
    return [
        (dict(cell.codes), cell.value)
        for table in made.tables
        for cell in table.cells
        if cell.measure == measure and cell.value is not None
    ]


def exposed(pairs, whom: list[str]) -> set[str]:
    """The firms of `whom` whose turnover follows exactly from the releases of (release, its firms).

    An unknown is a firm with its turnover, so that a revised value is another unknown.
    """
    unknowns: dict[tuple[str, object], int] = {}
    columns: list[dict[int, int]] = []
    for made, firms in pairs:
        for firm in firms:
            unknowns.setdefault((str(firm["firm"]), firm["turnover"]), len(unknowns))
        for codes, value in told(made, "turnover"):
            members = [firm for firm in firms if inside(firm, codes)]
            assert value == sum(int(str(firm["turnover"])) for firm in members)
            columns.append({unknowns[str(firm["firm"]), firm["turnover"]]: 1 for firm in members})
    shown = len(columns)
    wanted = [key for key in unknowns if key[0] in whom]
    columns += [{unknowns[key]: 1} for key in wanted]
    found = disclosed(columns, set(range(shown, len(columns))))
    return {wanted[number - shown][0] for number in found}
