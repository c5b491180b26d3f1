"""The firms of a window as growth is estimated on: first year, last year, and trade in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firmtrade.errors import StudyError, Unanswerable
from firmtrade.estimate.data import Data
from firmtrade.estimate.model import Model

if TYPE_CHECKING:
    import pandas

GONE, STATUS, BASE = "gone", "trade-change", "neither"
#: What a firm does by whether it trades in the first year and in the year to which its status is told.
CHANGES = {(0.0, 1.0): "start", (1.0, 1.0): "both", (1.0, 0.0): "stop", (0.0, 0.0): BASE}


@dataclass(frozen=True)
class Span:
    """Growth from `first` to `last`; the status is told from `first` to `until`."""

    first: int
    until: int
    last: int

    @property
    def exits(self) -> bool:
        """Whether a firm with a status may be gone at the end: only after the year of its status."""
        return self.until < self.last


def span(model: Model, frame: pandas.DataFrame) -> Span:
    """The window of a model: its years, or all that the panel has.

    Raises Unanswerable where there is one year only, StudyError where `until` is not in it.
    """
    years = sorted(int(year) for year in frame["year"].unique())
    first, last = model.years or ((years[0], years[-1]) if years else (0, 0))
    if first == last:
        raise Unanswerable("It needs a window of two years or more, and the panel or the model has one.")
    said = model.options.until
    until = said if said is not None else max([year for year in years if first < year < last], default=last)
    if not first < until <= last:
        raise StudyError(f"{model.where}: until = {until} is not between {first} and {last}.")
    return Span(first, until, last)


def window_frame(data: Data, model: Model, sample: str, flow: str, when: Span) -> pandas.DataFrame:
    """One row for each firm of the sample in the first year, with its trade status and its end.

    Columns are those of the first year; those of the last have `_end` behind their name. A firm without a row
    in the last year is gone.
    """
    from firmtrade.estimate.data import column

    frame = data.frame
    start = frame[(frame["year"] == when.first) & frame[column(sample)]].set_index("firm", drop=False)
    until = frame[frame["year"] == when.until].set_index("firm")[flow].reindex(start.index)
    end = frame[frame["year"] == when.last].set_index("firm")
    pairs = zip(start[flow].tolist(), until.tolist(), strict=True)
    numbers = frame.select_dtypes("number").columns.difference(["firm", "year", "owner"])
    ends = end[numbers].reindex(start.index).add_suffix("_end")
    made = start.assign(
        **{STATUS: [CHANGES.get(pair) for pair in pairs]}, **{name: ends[name] for name in ends}
    )
    return made.assign(**{GONE: (~start.index.isin(end.index)).astype(float)}).reset_index(drop=True)
