"""The Cox (1972) model: by how much a group's hazard exceeds another's, and whether by the same factor at
any age.

The estimates are statsmodels' PHReg with Efron's handling of ties. Two of its conventions are not used: it
counts who enters at t among those at risk at t (here, as in R, they come in just after), and its robust
errors are Breslow's (here they are Efron's, as in R). The check of proportional hazards is the score test
against a coefficient that changes with time (Grambsch and Therneau 1994), as R's cox.zph has it since
version 3.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from firmtrade.errors import Unanswerable
from firmtrade.estimate.extras import econ
from firmtrade.estimate.survival.design import Design, Term, design
from firmtrade.estimate.survival.frames import independent, lacks, named
from firmtrade.estimate.survival.risksets import RiskSet, risk_sets, score_residuals

if TYPE_CHECKING:
    import pandas

Z95 = 1.959963984540054
ERRORS = {
    "model": "errors of the model, which takes spells as independent",
    "by-firm": "errors that allow the spells or years of a firm to be related",
}
TRANSFORMS = {"time": "duration", "log": "the logarithm of duration"}


@dataclass(frozen=True)
class Effect:
    """One coefficient: `estimate` is the logarithm of `ratio`, with 95 per cent intervals.

    `ratio` is a hazard ratio (Cox, cloglog) or an odds ratio of the yearly hazard (logit), against
    `reference` or for one unit more. Without a finite estimate the figures are None and `why` says so.
    `firms` and `event_firms` stand behind the level, `degrees` are the model's, `largest` is the largest
    firm's share.
    """

    term: str
    level: str | None
    reference: str | None
    estimate: float | None
    error: float | None
    low: float | None
    high: float | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    p: float | None
    rows: int
    events: int
    firms: int
    event_firms: int
    degrees: int
    largest: float | None
    why: str = ""


@dataclass(frozen=True)
class Proportionality:
    """Test that the effect of `term` (or of all) is the same at any duration; evidence of the model."""

    term: str
    chi2: float
    of: int
    p: float
    firms: int
    events: int
    degrees: int
    largest: float | None = None


@dataclass(frozen=True)
class Level:
    """The hazard of a band of durations, all groups together: events by years at risk."""

    band: str
    at_risk: int
    events: int
    hazard: float
    firms: int
    event_firms: int
    degrees: int | None = None
    largest: float | None = None


@dataclass(frozen=True)
class HazardModel:
    """A fitted model. `kind` is cox, cloglog or logit; `errors` a name of ERRORS.

    `degrees` are events (or firms, if fewer) less coefficients: in a hazard model information comes from
    events, not from years. `counts` are rows left out, by reason. `baseline` is there for models in yearly
    steps.
    """

    kind: str
    effects: tuple[Effect, ...]
    proportionality: tuple[Proportionality, ...]
    rows: int
    events: int
    firms: int
    event_firms: int
    strata: int
    degrees: int
    errors: str
    log_likelihood: float
    counts: Mapping[str, int]
    baseline: tuple[Level, ...] = ()


def cox(
    frame: pandas.DataFrame,
    groups: Mapping[str, str],
    numbers: tuple[str, ...] = (),
    *,
    strata: str | None = None,
    errors: str = "model",
    transform: str = "log",
    firm: str = "firm",
    unit: str | None = None,
) -> HazardModel:
    """Hazard ratios of `groups` (column: reference) and `numbers`, for lifetimes, spells or yearly intervals.

    `strata` gives each value its own baseline hazard. Event 1 counts, other causes are censored (a hazard
    of one cause). Raises Unanswerable where nothing can be estimated, saying why.
    """
    named(errors, ERRORS, "errors")
    named(transform, TRANSFORMS, "transform")
    unit = unit or firm
    lacks(frame, [firm, *([strata] if strata else [])], "A Cox model")
    made = design(frame, groups, numbers, unit=unit)
    _estimable(made, "A Cox model")
    fit = _Fit(made, strata)
    beta, covariance, likelihood = fit.estimate()
    sets = list(risk_sets(fit.x, fit.entry, fit.end, fit.event, fit.strata, beta))
    if errors == "by-firm":
        covariance = clustered(score_residuals(fit.x, iter(sets)), covariance, made.frame[firm].to_numpy())
    degrees = degrees_of(made, unit)
    frame = made.frame
    return HazardModel(
        kind="cox",
        effects=effects(made, beta, covariance, degrees),
        proportionality=_proportional(made, sets, transform, degrees, unit),
        rows=len(frame),
        events=int((frame["event"] == 1).sum()),
        firms=int(frame[unit].nunique()),
        event_firms=int(frame.loc[frame["event"] == 1, unit].nunique()),
        strata=int(fit.strata.max()) + 1,
        degrees=degrees,
        errors=errors,
        log_likelihood=likelihood,
        counts=made.counts,
    )


class _Fit:
    """The arrays of a Cox model, and PHReg over them."""

    def __init__(self, made: Design, strata: str | None) -> None:
        import numpy

        frame = made.frame
        self.x = made.columns.to_numpy(dtype="float64")
        self.entry, self.end = (frame[name].to_numpy(dtype="float64") for name in ("entry", "exit"))
        self.event = frame["event"].to_numpy() == 1
        self.strata = numpy.zeros(len(frame), dtype=int)
        if strata:
            self.strata = numpy.unique(frame[strata].astype(str).to_numpy(), return_inverse=True)[1]

    def estimate(self) -> tuple[Any, Any, float]:
        """(coefficients, covariance of the model, log partial likelihood)."""
        import numpy

        hazard = econ("statsmodels.duration.hazard_regression", "a Cox model")
        model = hazard.PHReg(
            self.end,
            self.x,
            status=self.event.astype(float),
            entry=numpy.nextafter(self.entry, numpy.inf),  # who enters at t is at risk after t
            strata=self.strata,
            ties="efron",
        )
        start = numpy.zeros(self.x.shape[1])
        if not independent(-model.hessian(start)):
            raise Unanswerable(
                "The Cox model has no answer: groups and controls cannot be told apart, or nobody of a group "
                "was at risk when others had the event."
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it did not converge is said below, as an error
            found = model.fit(start_params=start, disp=0, method="newton", maxiter=100)
        beta = numpy.asarray(found.params)
        information = -model.hessian(beta)
        if not independent(information) or not _at_top(model.score(beta), information):
            raise Unanswerable(
                "The Cox model has no answer: a control tells exactly who leaves, so its effect has no "
                "bound. Leave it out, or make it coarser."
            )
        return beta, numpy.linalg.inv(information), float(model.loglike(beta))


def _at_top(score: Any, information: Any) -> bool:
    """Whether the next step of Newton's method would be a millionth of the errors or less."""
    import numpy

    return bool(numpy.isfinite(score).all() and score @ numpy.linalg.solve(information, score) < 1e-12)


def _estimable(made: Design, what: str) -> None:
    """Refuse a design without columns or events."""
    if not made.terms:
        raise Unanswerable(f"{what} needs two groups of firms that have events.")
    if not (made.frame["event"] == 1).any():
        raise Unanswerable(f"{what} needs events among those that are followed.")


def degrees_of(made: Design, unit: str) -> int:
    """Events, or firms with the event if fewer, less coefficients."""
    events = made.frame["event"] == 1
    return min(int(events.sum()), int(made.frame.loc[events, unit].nunique())) - len(made.terms)


def clustered(scores: Any, covariance: Any, firms: Any) -> Any:
    """Lin and Wei's (1989) covariance: each firm's scores added up, squared, between the model's own."""
    import numpy

    codes = numpy.unique(firms, return_inverse=True)[1]
    sums = numpy.stack([numpy.bincount(codes, weights=column) for column in scores.T], axis=1)
    return covariance @ (sums.T @ sums) @ covariance


def effects(made: Design, beta: Any, covariance: Any, degrees: int) -> tuple[Effect, ...]:
    """Coefficients with intervals; the terms without a finite estimate at the end."""
    stats = econ("scipy.stats", "a hazard model")
    found = []
    for term, estimate, variance in zip(made.terms, beta, covariance.diagonal(), strict=False):
        error = math.sqrt(float(variance))
        low, high = estimate - Z95 * error, estimate + Z95 * error
        p = float(2 * stats.norm.sf(abs(estimate) / error))
        figures = (float(estimate), error, float(low), float(high))
        found.append(_effect(term, degrees, figures, p, ""))
    why = "the group has too few events for an estimate"
    return (*found, *(_effect(term, degrees, None, None, why) for term in made.empty))


def _effect(
    term: Term, degrees: int, figures: tuple[float, float, float, float] | None, p: float | None, why: str
) -> Effect:
    estimate, error, low, high = figures or (None, None, None, None)
    ratio, ratio_low, ratio_high = (None if each is None else _exp(each) for each in (estimate, low, high))
    return Effect(
        term=term.name, level=term.level, reference=term.reference, estimate=estimate, error=error, low=low,
        high=high, ratio=ratio, ratio_low=ratio_low, ratio_high=ratio_high, p=p, rows=term.rows,
        events=term.events, firms=term.firms, event_firms=term.event_firms, degrees=degrees,
        largest=term.largest, why=why,
    )  # fmt: skip


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf


def _proportional(
    made: Design, sets: list[RiskSet], transform: str, degrees: int, unit: str
) -> tuple[Proportionality, ...]:
    """One test a grouping or number, and one over all ('all') where there are several."""
    import numpy

    x = made.columns.to_numpy(dtype="float64")
    size = x.shape[1]
    plain, crossed, square = (numpy.zeros((size, size)) for _ in range(3))
    score = numpy.zeros(size)
    times = numpy.array([each.time for each in sets for _ in each.leaving])
    change = numpy.log if transform == "log" else (lambda value: value)
    middle = change(times).mean()
    for each in sets:
        g = change(each.time) - middle
        score += g * (x[each.rows[each.leaving]].sum(axis=0) - each.means.sum(axis=0))
        plain += each.variance
        crossed += g * each.variance
        square += g * g * each.variance
    adjusted = square - crossed @ numpy.linalg.solve(plain, crossed)
    frame = made.frame
    evidence = int(frame[unit].nunique()), int((frame["event"] == 1).sum()), degrees
    names = list(dict.fromkeys(term.name for term in made.terms))
    tests = {name: [at for at, term in enumerate(made.terms) if term.name == name] for name in names}
    if len(tests) > 1:
        tests["all"] = list(range(size))
    found = (
        _score_test(name, score, square, crossed, plain, adjusted, at, evidence) for name, at in tests.items()
    )
    return tuple(test for test in found if test)


def _score_test(
    name: str, score: Any, square: Any, crossed: Any, plain: Any, adjusted: Any, at: list[int],
    evidence: tuple[int, int, int],
) -> Proportionality | None:  # fmt: skip
    """The score test of the terms `at`; None where all events are at one duration."""
    import numpy

    stats = econ("scipy.stats", "a hazard model")
    block = adjusted[numpy.ix_(at, at)]
    if numpy.linalg.matrix_rank(block) < len(at):
        return None
    chi2 = float(score[at] @ numpy.linalg.solve(block, score[at]))
    return Proportionality(name, chi2, len(at), float(stats.chi2.sf(chi2, len(at))), *evidence)
