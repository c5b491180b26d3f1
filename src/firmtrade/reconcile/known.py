"""Whether a publication's sums that belong together are over the same firms.

Employment growth is about the firms whose employment is known in both years, productivity about those whose
value added is known too. Where no value is missing these are the same firms. The figures themselves tell: if
the products that hold for the same firms hold but for a few, the few are errors; if they fail all over the
publication, values are missing, and no such product is an identity.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from firmtrade.reconcile.finding import NOTHING, SUBSAMPLE, Finding
from firmtrade.reconcile.says import Reading

#: Share of failing products from which values are taken to be missing: a little more than twenty errors
#: among the 142 products of the Belgian report.
MOST = 0.15


def judged(findings: Iterable[Finding], reading: Reading) -> list[Finding]:
    """The findings, where values are missing with the verdict that the firms may differ."""
    known = {said.figure: said.known for said in reading.said}

    def mixed(finding: Finding) -> bool:
        asked: dict[str, set[str]] = {}
        for figure in finding.figures:
            for aggregate, condition in known.get(figure, {}).items():
                asked.setdefault(aggregate, set()).add(condition)
        return any(len(conditions) > 1 for conditions in asked.values())

    found = list(findings)
    products = [f for f in found if f.kind in ("product of growth", "ring of quotients") and mixed(f)]
    failing = [f for f in products if f.verdict == NOTHING]
    if len(failing) <= MOST * len(products):
        return found
    why = "firms of which one of the sums is unknown: such products fail all over the publication"
    return [
        replace(f, verdict=SUBSAMPLE, why=why)
        if f.verdict == NOTHING and (f in failing or (f.kind == "weights of parts" and mixed(f)))
        else f
        for f in found
    ]
