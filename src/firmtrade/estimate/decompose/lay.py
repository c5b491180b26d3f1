"""From decompositions to the tables of a report: each part is a figure with its evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from firmtrade.estimate.data import Data
from firmtrade.estimate.decompose.parts import Decomposition, Part
from firmtrade.estimate.lines import Line, table
from firmtrade.estimate.model import Model
from firmtrade.result import TOTAL, Chart, Evidence, Result

Found = Mapping[str, Decomposition]  # by sample
Tie = tuple[tuple[str, int], ...]


def evidence(part: Part) -> Evidence:
    """What disclosure control must know of a part."""
    return Evidence("sum", part.firms, part.degrees, part.largest)


def lines(
    found: Found,
    statistic: str,
    groups: str | None,
    terms: Sequence[str] = (),
    suffix: str = "",
    unit: str | None = None,
) -> list[Line]:
    """The parts `terms` (none named: all) plus `suffix`, as `statistic`; `groups` names their dimension."""
    made = []
    for sample, one in found.items():
        for part in one.parts:
            term = part.term.removesuffix(suffix)
            if not part.term.endswith(suffix) or (terms and term not in terms):
                continue
            codes = {"part": term, **({groups: part.group} if groups and part.group != TOTAL else {})}
            made.append(Line(sample, part.period, statistic, part.value, evidence(part), codes, unit))
    return made


def laid(
    model: Model,
    data: Data,
    name: str,
    title: str,
    made: Iterable[Line],
    groups: str | None,
    chart: Chart | None = None,
) -> Result:
    """A table of parts: a row for each, a column for each group; samples and periods where several."""
    made = sorted(made, key=_reading_order(data, groups))
    several = [key for key in ("sample", "period") if len({getattr(line, key) for line in made}) > 1]
    columns = (groups,) if groups else ("measure",)
    return table(model, data.catalog, name, title, made, (*several, "part"), columns, chart)


def _reading_order(data: Data, groups: str | None) -> Callable[[Line], tuple[object, ...]]:
    """Samples as asked, periods, parts and groups in the catalog's order, all firms before groups."""
    parts = list(data.catalog.get("part", "coordinate").codes)
    word = data.catalog.find(groups, "dimension") if groups else None
    codes = [TOTAL, *(word.codes if word and not isinstance(word.codes, str) else ())]

    def key(line: Line) -> tuple[object, ...]:
        group = line.codes.get(groups or "", TOTAL)
        place = codes.index(group) if group in codes else len(codes)
        return line.period, parts.index(line.codes["part"]), place, group

    return key


def bars(
    model: Model,
    data: Data,
    name: str,
    title: str,
    made: Iterable[Line],
    groups: str | None,
    whole: Iterable[str],
) -> Result:
    """The figure: a bar for each group, made of its parts; or, without groups, a bar for each part.

    `whole` are the parts that are sums of others, which would be drawn twice. Of several samples or
    periods each has its own panel.
    """
    left = set(whole)
    drawn = [line for line in made if line.codes["part"] not in left and (not groups or groups in line.codes)]
    facet = next(
        (key for key in ("sample", "period") if len({getattr(line, key) for line in drawn}) > 1), None
    )
    chart = Chart("stacked", groups, "part", facet) if groups else Chart("bar", "part", None, facet)
    return laid(model, data, name, title, drawn, groups, chart)


def ties(tables: Iterable[Result], groups: str | None, sums: Sequence[Sequence[str]]) -> tuple[Tie, ...]:
    """Which figures follow from which: parts from the parts they are the sum of, all firms from the groups.

    `sums` has the names of a part and of those it is the sum of. A figure that stands in two tables is
    tied to itself.
    """
    at: dict[tuple[str, ...], list[tuple[str, int]]] = {}
    for result in tables:
        for place, cell in enumerate(result.cells):
            group = cell.codes.get(groups, TOTAL) if groups else TOTAL
            one = (cell.measure, cell.sample, cell.period, group, cell.codes.get("part", ""))
            at.setdefault(one, []).append((result.name, place))
    found: list[Tie] = [(places[0], other) for places in at.values() for other in places[1:]]
    first = {key: places[0] for key, places in at.items()}
    for names in sums:
        for key in [key for key in first if key[4] == names[0]]:
            wanted = [(*key[:4], each) for each in names]
            found.append(tuple(first[name] for name in wanted if name in first))
    wholes: dict[tuple[str, ...], list[tuple[str, int]]] = {}
    for key in sorted(first, key=lambda key: (key[3] != TOTAL, key)):
        wholes.setdefault((*key[:3], key[4]), []).append(first[key])
    return tuple(tie for tie in (*found, *map(tuple, wholes.values())) if len(tie) > 1)


def left_out(model: Model, data: Data, found: Found, firms: Mapping[str, int]) -> Result:
    """How many firms of each sample and period are left out because a value is not known.

    `firms` are the firms of each sample, which are behind a number of nought.
    """
    made = [
        Line(sample, period, "firms-left-out", float(count), Evidence("count", count or firms[sample]))
        for sample, one in found.items()
        for period, count in sorted(one.unknown.items())
    ]
    return table(model, data.catalog, "left-out", "Firms left out", made, ("sample", "period"))


def owners(data: Data, samples: Iterable[str]) -> dict[str, int]:
    """The distinct firms (owners) of each sample."""
    return {sample: int(data.of(sample)["owner"].nunique()) for sample in samples}


def ends(model: Model, frame: Any) -> tuple[int, int]:
    """The first and the last year: as asked, else as seen."""
    return model.years or (int(frame["year"].min()), int(frame["year"].max()))
