"""Two models of the same features: a penalised logit that can be read, and boosted trees beside it.

Both are seeded and run on one thread, so that the same rows give the same digits. The logit takes the
logarithm of each figure (of its size, with its sign), fills what is missing with the mean and says so with
an indicator. The trees take missing values as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from firmtrade.errors import MissingExtra
from firmtrade.support.score.features import Array, Features

#: Weight of the penalty on the squared coefficients of standardised features, per unit of summed log loss.
PENALTY = 10.0
#: A code with fewer firms to learn from counts as 'other'.
SMALLEST_CODE = 30
#: Standard deviations beyond which a figure counts as no further off.
FURTHEST = 4.0
MODELS = {"logistic": "penalised logit with missing indicators", "boosted": "gradient boosted trees"}


@dataclass(frozen=True)
class Coding:
    """How features become columns: centred, scaled, with a place for each; learnt from the rows given.

    `owner` says which feature a column belongs to.
    """

    names: tuple[str, ...]
    mean: Array
    spread: Array
    missing: tuple[bool, ...]
    codes: Mapping[str, tuple[str, ...]]
    centre: Array = field(repr=False)
    owner: tuple[str, ...] = ()

    def columns(self, rows: Features) -> Array:
        """The columns of these rows, centred on the rows that were learnt from."""
        return self._raw(rows) - self.centre

    def _raw(self, rows: Features) -> Array:
        values = signed_log(rows.numbers)
        known = np.isfinite(values)
        z = np.where(known, (values - self.mean) / self.spread, 0.0)
        parts = [np.clip(z, -FURTHEST, FURTHEST)]
        parts.append((~known[:, list(np.flatnonzero(self.missing))]).astype(float))
        for name, kept in self.codes.items():
            told = [_told(code, kept) for code in rows.codes[name]]
            parts.append(np.array([[one == code for code in kept] for one in told], dtype=float))
        return np.hstack(parts)


def signed_log(values: Array) -> Array:
    """sign(x) log(1 + |x|): accounts may be negative, and are skew."""
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)))


def _told(code: str | None, kept: Sequence[str]) -> str:
    return "unknown" if code is None else code if code in kept else "other"


def coding(rows: Features) -> Coding:
    """Learn the coding from these rows."""
    values = signed_log(rows.numbers)
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, values, 0.0).sum(axis=0) / count
    spread = np.sqrt((np.where(known, values - mean, 0.0) ** 2).sum(axis=0) / count)
    missing = tuple(bool(each) for each in (~known).any(axis=0) & known.any(axis=0))
    codes = {name: _kept(told) for name, told in rows.codes.items()}
    owner = [*rows.names, *(name for name, gaps in zip(rows.names, missing, strict=True) if gaps)]
    owner += [name for name, kept in codes.items() for _ in kept]
    raw = Coding(
        rows.names, mean, np.where(spread > 0, spread, 1.0), missing, codes, np.zeros(1), tuple(owner)
    )
    return Coding(raw.names, raw.mean, raw.spread, missing, codes, raw._raw(rows).mean(axis=0), raw.owner)


def _kept(told: Sequence[str | None]) -> tuple[str, ...]:
    counted = Counter(code for code in told if code is not None)
    return (*sorted(code for code, number in counted.items() if number >= SMALLEST_CODE), "other", "unknown")


@dataclass(frozen=True)
class Logit:
    """The fitted logit: log odds are `base` plus the sum of coefficient times centred column."""

    coding: Coding
    base: float
    coefficients: Array = field(repr=False)

    def probability(self, rows: Features) -> Array:
        """The probability of each row."""
        return np.asarray(1 / (1 + np.exp(-self.base - self.coding.columns(rows) @ self.coefficients)))

    def reasons(self, rows: Features) -> tuple[tuple[str, ...], Array]:
        """(features, rows x features): what each adds to the log odds of a firm that is average in all.

        Exact: `base` plus the sum over a row is its log odds. An indicator of a missing figure and the
        codes of an industry count with their feature.
        """
        each = self.coding.columns(rows) * self.coefficients
        names = tuple(dict.fromkeys(self.coding.owner))
        owner = np.array([names.index(name) for name in self.coding.owner])
        return names, np.column_stack([each[:, owner == place].sum(axis=1) for place in range(len(names))])


@dataclass(frozen=True)
class Trees:
    """The fitted trees. `usual` is the median figure, or the commonest code, of the rows learnt from."""

    model: Any = field(repr=False)
    codes: Mapping[str, tuple[str, ...]]
    usual: Array = field(repr=False)

    def probability(self, rows: Features) -> Array:
        """The probability of each row."""
        return self._predict(self._columns(rows))

    def reasons(self, rows: Features) -> tuple[tuple[str, ...], Array]:
        """(features, rows x features): log odds less what they would be with the usual value of the feature.

        One feature at a time, the others as they are: it describes what the model does, and the parts do
        not add up to the whole where features work together.
        """
        x = self._columns(rows)
        whole = _log_odds(self._predict(x))
        found = np.empty(x.shape)
        for place in range(x.shape[1]):
            changed = x.copy()
            changed[:, place] = self.usual[place]
            found[:, place] = whole - _log_odds(self._predict(changed))
        return rows.every, found

    def _columns(self, rows: Features) -> Array:
        return np.column_stack(
            [rows.numbers, *(_numbered(rows.codes[name], kept) for name, kept in self.codes.items())]
        )

    def _predict(self, x: Array) -> Array:
        with _one_thread():
            return np.asarray(self.model.predict_proba(x)[:, 1]) if len(x) else np.empty(0)


def _log_odds(p: Array) -> Array:
    return np.asarray(np.log(p) - np.log1p(-p))


def _numbered(told: Sequence[str | None], kept: Sequence[str]) -> Array:
    """Codes as whole numbers; one that was too rare to learn from is 'other', an unknown one is missing."""
    place = {code: float(i) for i, code in enumerate(kept)}
    return np.array([np.nan if code is None else place.get(code, place["other"]) for code in told])


def fit(model: str, rows: Features, happened: Array, seed: int) -> Logit | Trees:
    """Fit a model of MODELS to rows and whether it happened (boolean)."""
    return _fit_logit(rows, happened) if model == "logistic" else _fit_trees(rows, happened, seed)


def _fit_logit(rows: Features, happened: Array) -> Logit:
    linear = _sklearn("linear_model")
    how = coding(rows)
    model = linear.LogisticRegression(C=1 / PENALTY, tol=1e-10, max_iter=5000)
    with _one_thread():
        model.fit(how.columns(rows), happened)
    return Logit(how, float(model.intercept_[0]), np.asarray(model.coef_[0]))


def _fit_trees(rows: Features, happened: Array, seed: int) -> Trees:
    ensemble = _sklearn("ensemble")
    codes = {name: _kept(told) for name, told in rows.codes.items()}
    numbers = [_numbered(rows.codes[name], kept) for name, kept in codes.items()]
    x = np.column_stack([rows.numbers, *numbers])
    marked = [False] * rows.numbers.shape[1] + [True] * len(codes)
    model = ensemble.HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=120, max_leaf_nodes=8, min_samples_leaf=40, l2_regularization=1.0,
        early_stopping=False, categorical_features=marked or None, random_state=seed,
    )  # fmt: skip
    with _one_thread():
        model.fit(x, happened)
    return Trees(model, codes, _usual(x, marked))


def _usual(x: Array, marked: Sequence[bool]) -> Array:
    """The median of a figure, the commonest of a code; not known where no row has it."""
    found = []
    for column, coded in zip(x.T, marked, strict=True):
        known = column[np.isfinite(column)]
        if not len(known):
            found.append(np.nan)
        elif coded:
            values, counts = np.unique(known, return_counts=True)
            found.append(float(values[counts.argmax()]))
        else:
            found.append(float(np.median(known)))
    return np.array(found)


def _sklearn(part: str) -> Any:
    import importlib

    try:
        return importlib.import_module(f"sklearn.{part}")
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "sklearn":
            raise
        raise MissingExtra("The exporting score", "agency") from None


def _one_thread() -> Any:
    """Sums on several threads come out in another order, and so in other digits."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)
