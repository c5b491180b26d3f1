"""Groups and controls as the columns of a regression, each with the firms that stand behind its figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from firmtrade.errors import Unanswerable, nearest
from firmtrade.estimate.survival.frames import lacks, text

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Term:
    """One column: the `level` of a grouping `name` against its reference, or the number `name` itself.

    `firms` are the distinct firms (or owners) of the level, `event_firms` those with the event; for a
    number all of them. `largest` is the largest share of the level's rows that is one firm's.
    """

    name: str
    level: str | None
    reference: str | None
    rows: int
    events: int
    firms: int
    event_firms: int
    largest: float | None

    @property
    def label(self) -> str:
        """'mode: both' or 'log-employment'."""
        return self.name if self.level is None else f"{self.name}: {self.level}"


@dataclass(frozen=True)
class Design:
    """`frame`: the rows that are used. `columns`: one per term. `counts`: rows left out, by reason.

    `empty` are terms that have no finite estimate: nobody in the level had the event, and its rows, which the
    likelihood's limit leaves out too, are gone.
    """

    frame: pandas.DataFrame = field(repr=False)
    columns: pandas.DataFrame = field(repr=False)
    terms: tuple[Term, ...]
    empty: tuple[Term, ...]
    counts: Mapping[str, int]


def design(
    frame: pandas.DataFrame,
    groups: Mapping[str, str],
    numbers: tuple[str, ...] = (),
    *,
    unit: str = "firm",
) -> Design:
    """The columns of a hazard model; `groups` maps a grouping column to its reference level.

    Rows where a group or number is not known are left out and counted. Raises Unanswerable for a reference
    that does not occur or without the event, since nothing can be said relative to it.
    """
    import pandas

    lacks(frame, ["entry", "exit", "event", unit, *groups, *numbers], "A hazard model")
    counts = {}
    for name in [*groups, *numbers]:
        unknown = frame[name].isna()
        counts[f"{name} unknown"] = int(unknown.sum())
        frame = frame.loc[~unknown]
    parts, terms, empty = {}, [], []
    for name, reference in groups.items():
        frame, found, none = _levels(frame, name, reference, unit)
        terms += found
        empty += none
    for term in terms:
        parts[term.label] = (text(frame[term.name]) == str(term.level)).astype(float)
    for name in numbers:
        terms.append(_term(frame, name, None, None, unit))
        parts[name] = frame[name].astype(float)
    columns = pandas.DataFrame(parts, index=frame.index).reset_index(drop=True)
    return Design(frame.reset_index(drop=True), columns, tuple(terms), tuple(empty), counts)


def _levels(
    frame: pandas.DataFrame, name: str, reference: str, unit: str
) -> tuple[pandas.DataFrame, list[Term], list[Term]]:
    levels = text(frame[name])
    events = levels[frame["event"] == 1].value_counts()
    known = sorted(levels.unique())
    if reference not in known:
        raise Unanswerable(f"'{reference}' is no group of '{name}'.{nearest(reference, known)}")
    if not events.get(reference, 0):
        raise Unanswerable(
            f"The reference '{reference}' of '{name}' has too few events for anything to be said against it. "
            "Take another reference."
        )
    others = [level for level in known if level != reference]
    terms = {level: _term(frame.loc[levels == level], name, level, reference, unit) for level in others}
    dead = [level for level in others if not events.get(level, 0)]
    kept = frame.loc[~levels.isin(dead)]
    return kept, [terms[each] for each in others if each not in dead], [terms[each] for each in dead]


def _term(frame: pandas.DataFrame, name: str, level: str | None, reference: str | None, unit: str) -> Term:
    behind = frame[unit].value_counts()
    happened = frame.loc[frame["event"] == 1, unit]
    return Term(
        name=name,
        level=level,
        reference=reference,
        rows=len(frame),
        events=len(happened),
        firms=len(behind),
        event_firms=int(happened.nunique()),
        largest=float(behind.iloc[0]) / len(frame) if len(frame) else None,
    )
