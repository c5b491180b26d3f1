"""Groups that overlap: by how much their sum exceeds the whole is said, and not called an error."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from firmtrade.catalog import Catalog
from firmtrade.classify.expand import bound_names
from firmtrade.reconcile.figures import Figure
from firmtrade.reconcile.finding import HOLDS, OVERLAP, Finding, ordered
from firmtrade.reconcile.says import Reading


def findings(reading: Reading, catalog: Catalog) -> Iterator[Finding]:
    """Each printed whole against the sum of its groups of a dimension of which a firm may have several."""
    printed = {_about(s.figure): s.figure for s in reading.said if s.direct}
    parts: dict[tuple[Figure, str], list[Figure]] = defaultdict(list)
    for figure in printed.values():
        for pair in figure.codes:
            rest = tuple(other for other in figure.codes if other != pair)
            whole = printed.get(_about(replace(figure, codes=rest)))
            if whole is not None and _free(pair[0], catalog):
                parts[whole, pair[0]].append(figure)
    for (whole, name), found in parts.items():
        if len(found) > 1:
            yield _summed(whole, name, found)


def _about(figure: Figure) -> tuple[object, ...]:
    return figure.sample, figure.period, figure.codes, figure.measure


def _free(name: str, catalog: Catalog) -> bool:
    """Whether a dimension's groups overlap and are about the firm, not about another group of the cell."""
    dimension = catalog.get(name, "dimension")
    bound = (bound_names(dimension.group(code), catalog) for code in dimension.groups)
    return dimension.overlaps and not any(bound)


def _summed(whole: Figure, name: str, parts: list[Figure]) -> Finding:
    total, summed = float(whole.value or 0), float(sum(figure.value or 0 for figure in parts))
    exceeds = summed > total
    often = f": on average in {summed / total:.2f}" if total else ""
    unit = "firms" if whole.unit == "count" else whole.unit
    cells = ordered((whole, *parts))
    return Finding(
        "overlap", f"{whole.measure} of {whole.row} by {name}", f"{whole.table} prints {whole.text}",
        f"the sum of {len(parts)} parts {summed:,.0f}", max(summed - total, 0.0), unit, cells,
        OVERLAP if exceeds else HOLDS, f"a firm may be in several groups of {name}{often}" if exceeds else "",
    )  # fmt: skip
