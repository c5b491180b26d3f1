"""The audit and the comparison as one self-contained HTML page: no script, no outside file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from html import escape

from firmtrade.reconcile.audit import Audit
from firmtrade.reconcile.compare import EQUAL, Comparison, change, words
from firmtrade.reconcile.figures import Figure
from firmtrade.reconcile.finding import NOTHING, OVERLAP, SUBSAMPLE
from firmtrade.reconcile.report import apart

_STYLE = """
main { max-width: 70rem; margin: 0 auto; padding: 1rem; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0 1.5rem; }
th, td { text-align: left; padding: 0.25rem 0.6rem; border-bottom: 1px solid #bbb; vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
"""


def page(title: str, style: str, audited: Audit | None = None, compared: Comparison | None = None) -> str:
    """The whole page; `style` is the report's stylesheet, so that both look alike."""
    body = [f"<h1>{escape(title)}</h1>"]
    body += _compared(compared) if compared else []
    body += _audited(audited) if audited else []
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


def _table(caption: str, heads: list[str], lines: Iterator[list[str]], numbers: frozenset[int]) -> str:
    def cell(tag: str, n: int, text: str) -> str:
        scope = ' scope="col"' if tag == "th" else ""
        return f"<{tag}{scope}{' class=number' if n in numbers else ''}>{escape(text)}</{tag}>"

    head = "".join(cell("th", n, text) for n, text in enumerate(heads))
    rows = "\n".join(
        "<tr>" + "".join(cell("td", n, t) for n, t in enumerate(line)) + "</tr>" for line in lines
    )
    return (
        f"<table>\n<caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody>\n</table>"
    )


def _compared(comparison: Comparison) -> list[str]:
    left, right = comparison.names
    said = words(_total(comparison), comparison.names)
    tables = ([table, words(found, comparison.names)] for table, found in comparison.by_table.items())
    apart = (
        [pair.figure.table, pair.figure.row, pair.figure.measure, change(pair, comparison.names)]
        for pair in comparison.pairs
        if pair.outcome != EQUAL
    )
    return [
        f"<h2>{escape(left)} against {escape(right)}</h2>",
        f"<p>{len(comparison.pairs):,} cells: {escape(said)}.</p>",
        _table("By table", ["Table", "Cells"], tables, frozenset()),
        _table("Cells that are not equal", ["Table", "Row", "Cell", "Difference"], apart, frozenset([3])),
    ]


def _total(comparison: Comparison) -> Counter[str]:
    return Counter(pair.outcome for pair in comparison.pairs)


def _audited(audit: Audit) -> list[str]:
    parts = [
        "<h2>The published figures against each other</h2>",
        f"<p>{len(audit.figures):,} figures, {len(audit.findings):,} identities tested, "
        f"{len(audit.violated):,} that rounding cannot explain.</p>",
    ]
    titles = {
        NOTHING: "Nothing explains it",
        SUBSAMPLE: "A smaller subsample can explain it",
        OVERLAP: "Groups that overlap",
    }
    for verdict, title in titles.items():
        found = [f for f in audit.findings if f.verdict == verdict]
        for finding in found:
            caption = f"{title}. {finding.kind}: {finding.about}"
            text = f"{finding.left}; {finding.right}; {apart(finding)}. {finding.why}"
            parts += [_cells(caption, finding.figures), f"<p>{escape(text)}</p>"]
    for title, conflicts in (
        ("Cells that cannot be right together with the rest, whoever is unknown", audit.contradictions),
        ("Cells that would have to give way if every firm's group were known", audit.explainable),
    ):
        parts += [f"<h2>{title}</h2>"] if conflicts else []
        parts += [_cells(f"{c.figure} cannot hold together with", c.against) for c in conflicts]
    return parts


def _cells(caption: str, figures: tuple[Figure, ...]) -> str:
    lines = ([f.table, f.row, f.measure, f.text] for f in figures)
    return _table(caption, ["Table", "Row", "Cell", "Value"], lines, frozenset([3]))
