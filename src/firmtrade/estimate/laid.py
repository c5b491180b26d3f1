"""What regressions by status have in common when their estimates become tables, figures and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from firmtrade.estimate.columns import LeftOut
from firmtrade.estimate.data import Data
from firmtrade.estimate.lines import Line, table
from firmtrade.estimate.model import Model
from firmtrade.result import Evidence, Result

#: How the parts of a crossed effect are joined in an option: "class_group x year".
CROSS = " x "


def parts(effect: str) -> tuple[str, ...]:
    """The names that an effect is made of: 'class_group x year' -> class_group, year."""
    return tuple(part.strip() for part in effect.split(CROSS))


def column(name: str) -> str:
    """The column that a word is read into."""
    return name.replace("-", "_")


def effect_columns(effects: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Effects as the methods take them: tuples of columns that are crossed."""
    return tuple(tuple(column(part) for part in parts(effect)) for effect in effects)


def wanted(names: Iterable[str], effects: Iterable[str]) -> dict[str, str]:
    """What `names` and `effects` need, by column; the year is there anyway."""
    every = (*names, *(part for effect in effects for part in parts(effect)))
    return {column(name): name.replace("-", "_") for name in every if name != "year"}


def interval(
    sample: str,
    period: str,
    statistic: str,
    values: tuple[float | None, float | None, float | None],
    evidence: Evidence,
    codes: Mapping[str, str],
) -> list[Line]:
    """An estimate and the ends of its interval: `statistic`, `statistic`-low and `statistic`-high."""
    names = (statistic, f"{statistic}-low", f"{statistic}-high")
    return [
        Line(sample, period, name, value, evidence, codes)
        for name, value in zip(names, values, strict=True)
        if value is not None
    ]


def left_out(
    model: Model,
    data: Data,
    counted: Sequence[tuple[str, str, Mapping[str, str], Sequence[LeftOut]]],
) -> list[Result]:
    """How many rows each reason took: (sample, period, codes, reasons), judged like numbers of firms."""
    firms = {sample: int(data.of(sample)["owner"].nunique()) for sample in model.samples}
    lines = [
        Line(
            sample, period, "rows-left-out", float(each.rows),
            Evidence("count", min(each.rows, firms[sample])),
            {**codes, "reason": _worded(each.reason, model, data)},
        )
        for sample, period, codes, reasons in counted
        for each in reasons
    ]  # fmt: skip
    if not lines:
        return []
    rows = [*several(lines, ("sample",)), *codes_of(lines)]
    return [table(model, data.catalog, "left-out", "Who is left out", lines, rows)]


def _worded(reason: str, model: Model, data: Data) -> str:
    """A reason in the reader's words: 'labour_productivity is unknown' names a column of ours."""
    name, verb, rest = reason.partition(" is ")
    if not verb:
        return reason
    word = getattr(model.options, "groups", name) if name == "groups" else name
    return f"{data.title(str(word))}{verb}{rest}"


def several(lines: Iterable[Line], names: Sequence[str]) -> list[str]:
    """Those of sample and period that tell the lines apart."""
    found = list(lines)
    return [name for name in names if len({getattr(line, name) for line in found}) > 1]


def codes_of(lines: Iterable[Line]) -> list[str]:
    """The dimensions and coordinates of the lines, in the order in which they come."""
    return list(dict.fromkeys(name for line in lines for name in line.codes))


def listed(words: Sequence[str]) -> str:
    """'a, b and c'."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else list(words))


def lacking(data: Data) -> str:
    """What the panel does not give of what is held equal or explained, as a sentence; empty where nothing."""
    if not data.lacking:
        return ""
    said = [f"{data.title(name)} (needs {what})" for name, what in data.lacking.items()]
    return f" Left out, since the panel does not have it: {listed(said)}."


def held(data: Data, controls: Iterable[str], effects: Iterable[str]) -> str:
    """What is held equal, in words: 'log employment, effects of group x year and of region'."""
    logged = [f"log {data.title(name).lower()}" for name in controls if column(name) not in data.lacking]
    said = []
    for effect in effects:
        kept = [part for part in parts(effect) if column(part) not in data.lacking]
        if kept:
            said.append(" x ".join("year" if part == "year" else _lower(data.title(part)) for part in kept))
    effect = f"effects of {' and of '.join(said)}" if said else ""
    return ", ".join([*logged, *([effect] if effect else [])]) or "nothing"


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


def verdict(low: float | None, high: float | None) -> str:
    """What an interval says of nought: above, below or open."""
    if low is None or high is None:
        return "open"
    return "above" if low > 0 else "below" if high < 0 else "open"


def places(made: Result, names: Sequence[str], at: int) -> tuple[int, ...]:
    """Where the statistics `names` of the figure at `at` stand in a table: an estimate and its bounds."""
    one = made.cells[at]
    key = (one.sample, one.period, dict(one.codes))
    found = {
        cell.measure: place
        for place, cell in enumerate(made.cells)
        if (cell.sample, cell.period, dict(cell.codes)) == key
    }
    return tuple(found[name] for name in names if name in found)


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]
