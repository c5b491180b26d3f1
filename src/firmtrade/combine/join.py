"""Packages of several countries as one Release: country becomes a dimension of every table.

Every figure stands as its office released it, hidden ones hidden, and no other figure is made: no sum over
countries (docs/decisions/028-pack-and-combine.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from firmtrade.combine.charts import compared, with_country
from firmtrade.combine.package import Package
from firmtrade.errors import StudyError
from firmtrade.result import (
    Attrition,
    Finding,
    Provenance,
    Release,
    ReleasedModel,
    ReleasedTable,
    Unknown,
    Word,
)

COUNTRY = "country"


def combined(packages: Sequence[Package]) -> Release:
    """The releases of several countries as one; `read_packages` has checked that they belong together.

    Raises:
        StudyError: the study has a dimension of its own that is called country.
    """
    first = packages[0].release
    tables = tuple(_tables(packages))
    models = tuple(_models(packages))
    titles = ", ".join(package.title for package in packages)
    words = _merged(package.release.words for package in packages)
    if COUNTRY in words:
        raise StudyError("The study has a word 'country' of its own. Give it another name in the pack.")
    return replace(
        first,
        subtitle=". ".join(part for part in (first.subtitle.rstrip("."), titles) if part),
        source=_told([(p.title, p.release.source) for p in packages]),
        tables=tables,
        dimensions=tuple(dict.fromkeys([*(d for p in packages for d in p.release.dimensions), COUNTRY])),
        words={COUNTRY: _word(packages), **words},
        attrition=tuple(_attrition(packages)),
        warnings=tuple(f"{p.title}: {text}" for p in packages for text in p.release.warnings),
        protected=all(p.release.protected for p in packages),
        protection=_protection(packages),
        provenance=_provenance(packages),
        published=None,
        models=models,
    )


def _word(packages: Sequence[Package]) -> Word:
    return Word(
        COUNTRY, "dimension", "Country",
        "The country whose office ran the study on its own panel and decided what leaves.", "", "",
        "firmtrade combine", {p.country: p.title for p in packages},
    )  # fmt: skip


def _merged(mappings: Iterable[Mapping[str, Word]]) -> dict[str, Word]:
    """The words of all countries; codes that only some panels have are joined."""
    found: dict[str, Word] = {}
    for words in mappings:
        for name, word in words.items():
            before = found.setdefault(name, word)
            if word.codes.keys() - before.codes.keys():
                found[name] = replace(before, codes={**before.codes, **word.codes})
    return found


def _told(said: Sequence[tuple[str, str]]) -> str:
    """What is the same for all countries once, else each with its country."""
    texts = {text for _, text in said}
    return texts.pop() if len(texts) == 1 else "; ".join(f"{title}: {text}" for title, text in said if text)


def _protection(packages: Sequence[Package]) -> str:
    each = " ".join(f"{p.title}: {p.release.protection.rstrip('.')}." for p in packages)
    return f"Each country's office decided what leaves; nothing was added up over countries. {each}"


def _provenance(packages: Sequence[Package]) -> Provenance:
    first = packages[0].release.provenance
    rows = {f"{p.country} {step}": n for p in packages for step, n in p.release.provenance.rows.items()}
    synthetic = [(p.title, p.release.provenance.synthetic) for p in packages]
    return replace(
        first,
        inputs={f"{p.country} {p.file}": p.hash for p in packages},
        rows=rows,
        catalog=first.pack_catalog,
        synthetic=_told(synthetic),
        engine=", ".join(sorted({p.release.provenance.engine for p in packages})),
    )


def _attrition(packages: Sequence[Package]) -> Iterator[Attrition]:
    for package in packages:
        for item in package.release.attrition:
            yield replace(item, period=", ".join(p for p in (item.period, package.title) if p))


# -- tables ----------------------------------------------------------------------------------------------


def _tables(packages: Sequence[Package]) -> Iterator[ReleasedTable]:
    """Each table over all countries that answer it, and where it is no figure, one that compares them."""
    names = dict.fromkeys(table.name for p in packages for table in p.release.tables)
    for name in names:
        parts = [(p, t) for p in packages for t in p.release.tables if t.name == name]
        table = _table(parts, len(packages))
        yield from with_country(table)
        figure = compared(table)
        if figure is not None and figure.name not in names:
            yield figure


def _table(parts: Sequence[tuple[Package, ReleasedTable]], countries: int) -> ReleasedTable:
    """A table over countries, which stand below each other, each as in its own release."""
    first = parts[0][1]
    cells = tuple(
        replace(cell, codes={**cell.codes, COUNTRY: p.country}) for p, table in parts for cell in table.cells
    )
    return replace(
        first,
        rows=(COUNTRY, *first.rows),
        cells=cells,
        labels=_labels(parts),
        unknowns=tuple(_unknown(p, item) for p, table in parts for item in table.unknowns),
        notes=tuple(_notes(parts, countries)),
        chart=replace(first.chart, breaks=_breaks(parts)) if first.chart else None,
    )


def _unknown(package: Package, item: Unknown) -> Unknown:
    return replace(item, codes={**item.codes, COUNTRY: package.country})


def _labels(parts: Sequence[tuple[Package, ReleasedTable]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {COUNTRY: {p.country: p.title for p, _ in parts}}
    for _, table in parts:
        for attribute, labels in table.labels.items():
            found[attribute] = {**found.get(attribute, {}), **labels}
    return found


def _notes(parts: Sequence[tuple[Package, ReleasedTable]], countries: int) -> Iterator[str]:
    """Notes that all countries have, once; the others with their country."""
    for note in dict.fromkeys(note for _, table in parts for note in table.notes):
        having = [p.title for p, table in parts if note in table.notes]
        yield note if len(having) == len(parts) else f"{', '.join(having)}: {note}"
    if len(parts) < countries:
        yield f"Answered by {', '.join(p.title for p, _ in parts)} only."


def _breaks(parts: Sequence[tuple[Package, ReleasedTable]]) -> tuple[str, ...]:
    """Years at which the series of every country breaks; those of some are told in the notes."""
    each = [set(table.chart.breaks) for _, table in parts if table.chart]
    first = parts[0][1].chart
    return tuple(year for year in (first.breaks if first else ()) if all(year in found for found in each))


# -- models ----------------------------------------------------------------------------------------------


def _models(packages: Sequence[Package]) -> Iterator[ReleasedModel]:
    """Each model over all countries: its tables, and what each country's figures allow to say."""
    for name in dict.fromkeys(model.name for p in packages for model in p.release.models):
        parts = [(p, m) for p in packages for m in p.release.models if m.name == name]
        first = parts[0][1]
        names = dict.fromkeys(table.name for _, model in parts for table in model.tables)
        tables = [
            [(p, table) for p, model in parts for table in model.tables if table.name == one] for one in names
        ]
        yield replace(
            first,
            tables=tuple(made for each in tables for made in with_country(_table(each, len(packages)))),
            findings=tuple(finding for p, model in parts for finding in _findings(p, model, parts)),
            methods=_told([(p.title, model.methods) for p, model in parts]),
            rule=_told([(p.title, model.rule) for p, model in parts]),
            sources=tuple(dict.fromkeys(source for _, model in parts for source in model.sources)),
            refused=_told([(p.title, model.refused) for p, model in parts]),
        )


def _findings(
    package: Package, model: ReleasedModel, parts: Sequence[tuple[Package, ReleasedModel]]
) -> Iterator[Finding]:
    """A country's sentences; the figures they rest on are found in the joined tables."""
    before: dict[str, int] = {}
    for other, earlier in parts:
        if other is package:
            break
        for table in earlier.tables:
            before[table.name] = before.get(table.name, 0) + len(table.cells)
    for finding in model.findings:
        rests = tuple((name, at + before.get(name, 0)) for name, at in finding.rests_on)
        question = f"{package.country} {finding.question}"
        yield replace(finding, question=question, text=f"{package.title}: {finding.text}", rests_on=rests)
