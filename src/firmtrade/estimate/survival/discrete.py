"""The hazard in yearly steps: whether a firm that is there in one year is gone, or stops, in the next.

Years are what the data have, so nothing is lost and no ties arise (Hess and Persson 2012 on why Cox is a
poor model of yearly trade data). Each year at risk is a row; the model is binary, with a free level for
each duration. With the complementary log-log link coefficients are those of proportional hazards in
continuous time, observed yearly (Prentice and Gloeckler 1978); with the logit they are about the odds of
leaving in the year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from firmtrade.errors import StudyError
from firmtrade.estimate.extras import econ
from firmtrade.estimate.survival import binary
from firmtrade.estimate.survival.design import Design, design
from firmtrade.estimate.survival.frames import lacks, named
from firmtrade.estimate.survival.hazards import (
    ERRORS,
    HazardModel,
    Level,
    Proportionality,
    _estimable,
    clustered,
    degrees_of,
    effects,
)

if TYPE_CHECKING:
    import pandas

LINKS = {"cloglog": "complementary log-log", "logit": "logit"}
#: First durations of the bands where there are too many years: 1, 2, .. 10, 11-15, .. 31-50, 51 and more.
BANDS = (*range(1, 12), 16, 21, 26, 31, 51)
MOST_YEARS = 30


def discrete(
    frame: pandas.DataFrame,
    groups: Mapping[str, str],
    numbers: tuple[str, ...] = (),
    *,
    link: str = "cloglog",
    errors: str = "by-firm",
    bands: tuple[int, ...] | None = None,
    firm: str = "firm",
    unit: str | None = None,
) -> HazardModel:
    """The yearly hazard on `groups` (column: reference) and `numbers`, for lifetimes, spells or yearly
    intervals.

    `bands`: the first durations of the bands that have a level of their own (None: every year, or BANDS
    where there are more than 30). Bands in which nobody or everybody had the event say nothing of
    differences, and are left out and counted. `proportionality` tests a coefficient that changes with the
    logarithm of duration.
    """
    named(link, LINKS, "link")
    named(errors, ERRORS, "errors")
    unit = unit or firm
    lacks(frame, [firm], "A hazard in yearly steps")
    made = design(frame, groups, numbers, unit=unit)
    _estimable(made, "A hazard in yearly steps")
    years = _Years(made, bands, firm, unit)
    beta, covariance, likelihood = years.fit(made.columns.to_numpy()[years.row], link, errors)
    size = len(made.terms)
    degrees = degrees_of(made, unit)
    found = effects(made, beta, covariance, degrees)
    event = made.frame["event"] == 1
    model = HazardModel(
        kind=link,
        effects=found,
        proportionality=(),
        rows=len(years.y),
        events=int(event.sum()),
        firms=int(made.frame[unit].nunique()),
        event_firms=int(made.frame.loc[event, unit].nunique()),
        strata=1,
        degrees=degrees,
        errors=errors,
        log_likelihood=likelihood,
        counts={**made.counts, "years in bands where nobody or everybody had the event": years.left_out},
        baseline=years.baseline,
    )
    return replace(model, proportionality=_proportional(made, years, link, errors, model, size))


class _Years:
    """The years at risk: `row` of the design, `duration` (1, 2, ..), `y`, and the level of their band."""

    def __init__(self, made: Design, bands: tuple[int, ...] | None, firm: str, unit: str) -> None:
        import numpy

        frame = made.frame
        entry, end = (frame[name].to_numpy(dtype="int64") for name in ("entry", "exit"))
        if (frame["entry"] != entry).any() or (frame["exit"] != end).any():
            raise StudyError("A hazard in yearly steps needs durations in whole years.")
        lengths = end - entry
        row = numpy.repeat(numpy.arange(len(frame)), lengths)
        within = numpy.arange(len(row)) - numpy.repeat(numpy.cumsum(lengths) - lengths, lengths)
        duration = entry[row] + within + 1
        y = (duration == end[row]) & (frame["event"].to_numpy() == 1)[row]
        first = _first_durations(duration, bands)
        band = numpy.searchsorted(first, duration, "right") - 1
        ended = numpy.bincount(band, weights=y, minlength=len(first))
        happened = (ended > 0) & (ended < numpy.bincount(band, minlength=len(first)))
        kept = happened[band]
        self.left_out = int((~kept).sum())
        self.row, self.duration, self.y = row[kept], duration[kept], y[kept].astype(float)
        self.level = (numpy.cumsum(happened) - 1)[band[kept]]
        self.firms = frame[firm].to_numpy()[self.row]
        units = frame[unit].to_numpy()[row]
        self.baseline = tuple(
            _level(duration[band == at], y[band == at], units[band == at])
            for at in numpy.unique(band).tolist()
        )

    def fit(self, x: Any, link: str, errors: str) -> tuple[Any, Any, float]:
        """(coefficients of x, a row a year; their covariance; log likelihood)."""
        import numpy

        found = binary.fit(x, self.level, self.y, link)
        covariance = found.covariance
        if errors == "by-firm":
            clusters = len(numpy.unique(self.firms))
            covariance = clustered(found.scores, covariance, self.firms) * clusters / max(1, clusters - 1)
        return found.beta, covariance, found.log_likelihood


def _first_durations(duration: Any, bands: tuple[int, ...] | None) -> Any:
    import numpy

    seen = numpy.unique(duration)
    if bands is None:
        return seen if len(seen) <= MOST_YEARS else numpy.array(BANDS)
    if list(bands) != sorted(set(bands)) or not bands or bands[0] > seen[0]:
        raise StudyError(
            f"bands = {list(bands)}: the first durations of bands, rising, from {seen[0]} at most."
        )
    return numpy.array(bands)


def _level(duration: Any, y: Any, units: Any) -> Level:
    import numpy

    begin, end = int(duration.min()), int(duration.max())
    behind = numpy.unique(units, return_counts=True)[1]
    return Level(
        band=str(begin) if begin == end else f"{begin}-{end}",
        at_risk=len(y),
        events=int(y.sum()),
        hazard=float(y.mean()),
        firms=len(behind),
        event_firms=len(numpy.unique(units[y])),
        largest=float(behind.max() / len(y)),
    )


def _proportional(
    made: Design, years: _Years, link: str, errors: str, model: HazardModel, size: int
) -> tuple[Proportionality, ...]:
    """Wald tests that no coefficient changes with the logarithm of duration."""
    import numpy

    stats = econ("scipy.stats", "a hazard model")
    if int(years.level.max()) == 0:
        return ()
    own = made.columns.to_numpy()[years.row]
    rising = own * (numpy.log(years.duration) - numpy.log(years.duration).mean())[:, None]
    beta, covariance, _ = years.fit(numpy.concatenate([own, rising], axis=1), link, errors)
    names = list(dict.fromkeys(term.name for term in made.terms))
    tests = {n: [size + at for at, term in enumerate(made.terms) if term.name == n] for n in names}
    if len(tests) > 1:
        tests["all"] = list(range(size, 2 * size))
    found = []
    for name, at in tests.items():
        block = covariance[numpy.ix_(at, at)]
        if numpy.linalg.matrix_rank(block) == len(at):
            chi2 = float(beta[at] @ numpy.linalg.solve(block, beta[at]))
            p = float(stats.chi2.sf(chi2, len(at)))
            found.append(Proportionality(name, chi2, len(at), p, model.firms, model.events, model.degrees))
    return tuple(found)
