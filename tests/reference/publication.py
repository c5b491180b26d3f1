"""Random firms and the tables that somebody would print about them: consistent but for rounding."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from fractions import Fraction

from firmtrade.reconcile import Figure

FLOWS = ("import-intra", "import-extra", "export-intra", "export-extra")
SIZES = ("0-9", "10-49", "50-99", "100-249")
STATUSES = ("traders", "constant", "new", "stopped", "non-traders")

Firm = dict[str, object]


def printed(value: Fraction, decimals: int) -> Fraction:
    """Rounded half away from zero."""
    scaled = math.floor(abs(value) * 10**decimals + Fraction(1, 2))
    return Fraction(scaled, 10**decimals) * (1 if value >= 0 else -1)


class Printer:
    """Collects figures; `line` numbers them as a file would."""

    def __init__(self) -> None:
        self.figures: list[Figure] = []

    def add(
        self, table: str, sample: str, period: str, codes: dict[str, str], measure: str,
        value: Fraction | None, unit: str = "count", decimals: int = 0,
    ) -> None:  # fmt: skip
        if value is not None:
            pairs = tuple(sorted(codes.items()))
            line = len(self.figures) + 2
            figure = Figure(
                line, table, sample, period, pairs, measure, printed(value, decimals), unit, decimals
            )
            self.figures.append(figure)


def cross_section(seed: int, unknown: float) -> list[Figure]:
    """Tables by mode, scope, conditional share, sector and size of up to 300 manufacturing firms."""
    rng = random.Random(seed)
    firms = [_firm(rng, unknown) for _ in range(rng.randint(20, 300))]
    out = Printer()
    year, sample = "2002", "manufacturing"
    for mode in ("none", "both", "import-only", "export-only"):
        out.add(
            "modes", sample, year, {"mode": mode}, "firms", Fraction(sum(_mode(f) == mode for f in firms))
        )
        for scope in ("intra", "extra", "both"):
            count = sum(_mode(f) == mode and _scope(f) == scope for f in firms)
            if mode != "none":
                out.add("modes", sample, year, {"mode": mode, "scope": scope}, "firms", Fraction(count))
    for given in FLOWS:
        base = [f for f in firms if f[given] is True]
        for flow in FLOWS:
            out.add("given", sample, year, {"flow": flow, "given": given}, "participation",
                    _share(base, flow), "percent", 1)  # fmt: skip
    groups: list[tuple[str, dict[str, str]]] = [("sectors", {})]
    groups += [("sectors", {"activity": code}) for code in ("15", "20", "45")]
    groups += [("sizes", {"size": code}) for code in SIZES]
    for table, codes in groups:
        inside = [f for f in firms if all(f[name] == code for name, code in codes.items())]
        out.add(table, sample, year, codes, "firms", Fraction(len(inside)))
        for flow in FLOWS if table == "sizes" else ("export", "import"):
            share, decimals = _share(inside, flow), 1 if table == "sizes" else 0
            out.add(table, sample, year, {**codes, "flow": flow}, "participation", share, "percent", decimals)
    return out.figures


def _firm(rng: random.Random, unknown: float) -> Firm:
    chance = rng.random()
    firm: Firm = {flow: None if rng.random() < unknown else rng.random() < chance for flow in FLOWS}
    for way in ("import", "export"):
        parts = [firm[f"{way}-intra"], firm[f"{way}-extra"]]
        firm[way] = True if True in parts else None if None in parts else False
    firm["activity"] = rng.choice(("15", "20", "45"))
    firm["size"] = None if rng.random() < unknown else rng.choice(SIZES)
    return firm


def _mode(firm: Firm) -> str | None:
    ways = (firm["import"], firm["export"])
    names = {
        (True, True): "both",
        (True, False): "import-only",
        (False, True): "export-only",
        (False, False): "none",
    }
    return names.get(ways)  # type: ignore[arg-type]


def _scope(firm: Firm) -> str | None:
    inside, outside = ([firm[f"{way}-{part}"] for way in ("import", "export")] for part in ("intra", "extra"))
    known = [True if True in parts else None if None in parts else False for parts in (inside, outside)]
    return {(True, True): "both", (True, False): "intra", (False, True): "extra"}.get(tuple(known))  # type: ignore[arg-type]


def _share(firms: Iterable[Firm], flow: str) -> Fraction | None:
    found = [f[flow] is True for f in firms]
    return Fraction(100 * sum(found), len(found)) if found else None


def window(seed: int) -> list[Figure]:
    """Growth and levels by export and by import status of up to 60 firms, with whole numbers of firms."""
    rng = random.Random(seed)
    firms = [
        {
            "export": (rng.random() < 0.4, rng.random() < 0.4),
            "import": (rng.random() < 0.5, rng.random() < 0.5),
            "sums": (rng.randint(1, 200), rng.randint(1, 200), rng.randint(20, 9000), rng.randint(20, 9000)),
        }
        for _ in range(rng.randint(5, 60))
    ]
    out = Printer()
    for flow in ("export", "import"):
        for status in STATUSES:
            inside = [f for f in firms if _has(f[flow], status)]  # type: ignore[arg-type]
            _status_row(out, flow, status, [f["sums"] for f in inside])  # type: ignore[misc]
    return out.figures


def _has(traded: tuple[bool, bool], status: str) -> bool:
    first, last = traded
    return {
        "traders": last,
        "constant": first and last,
        "new": last and not first,
        "stopped": first and not last,
        "non-traders": not last,
    }[status]


def _status_row(out: Printer, flow: str, status: str, sums: list[tuple[int, int, int, int]]) -> None:
    sample, codes = "manufacturing-stayers", {"flow": flow, "status": status}
    out.add(f"by-{flow}", sample, "1998-2003", codes, "firms", Fraction(len(sums)))
    if not sums:
        return
    e0, e1, v0, v1 = (Fraction(sum(column)) for column in zip(*sums, strict=True))
    for measure, ratio in (
        ("employment-growth", e1 / e0),
        ("value-added-growth", v1 / v0),
        ("productivity-growth", (v1 / e1) / (v0 / e0)),
    ):
        rate = Fraction(100 * (float(ratio) ** 0.2 - 1))
        out.add(f"by-{flow}", sample, "1998-2003", codes, measure, rate, "percent/year", 1)
    if flow == "export":
        out.add("levels", sample, "1998", codes, "productivity", v0 / e0, "kEUR/FTE", 1)
        out.add("levels", sample, "2003", codes, "productivity", v1 / e1, "kEUR/FTE", 1)
        change = 100 * ((v1 / e1) / (v0 / e0) - 1)
        out.add("levels", sample, "1998-2003", codes, "productivity-change", change, "percent", 1)
