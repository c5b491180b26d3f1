"""A publication as the ledger keeps it: which firms each additive figure is over, and whether it was told.

Firms are kept by a hash of their identifier, so that the ledger can find them again and does not name
them. It is as confidential as the panel all the same: it has what each firm adds to each figure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from firmtrade.classify.window import Window
from firmtrade.describe.asks import Ask
from firmtrade.describe.computed import Backing
from firmtrade.describe.finest import Sums
from firmtrade.describe.listing import Listing
from firmtrade.errors import DisclosureError
from firmtrade.protect.system import Flags, Ints

Hashes = NDArray[np.bytes_]
#: sample, years of the window, year, codes, aggregate, point: what a figure is called in every run.
Key = tuple[str, str, str, tuple[tuple[str, str], ...], str, str]

THIS = "this run"
_DIGITS = 24  # of a firm's hash: two of a million firms are the same once in 10 ** 17 ledgers


@dataclass(frozen=True)
class Figure:
    """One additive figure: the classes that it is over, whether it is hidden, what its rules ask."""

    key: Key
    ask: Ask
    members: Ints
    hidden: bool = False
    up: float = 0.0
    down: float = 0.0


@dataclass(frozen=True)
class Amounts:
    """One aggregate of a view: the whole number of each row, where it is known, and its figures."""

    values: Ints
    known: Flags
    decimals: int
    counts: bool
    parts: tuple[str, ...]
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class View:
    """Rows (a firm in a year, or over a window) with their classes and amounts by aggregate.

    `asked`: the firm asked for confidentiality.
    """

    window: str
    identities: Hashes
    owners: Hashes
    years: Ints
    classes: Ints
    asked: Flags
    amounts: Mapping[str, Amounts]

    def units(self) -> Hashes:
        """What a row is about, the same in every run."""
        return np.char.add(self.identities, self.years.astype("S5"))


@dataclass(frozen=True)
class Difference:
    """The firms of one published figure that are not in another: they are known if both are told.

    `one` and `other` are (run, aggregate, key). What is asked of it is kept as it was when it was found.
    """

    one: tuple[str, str, Key]
    other: tuple[str, str, Key]
    up: float = 0.0
    down: float = 0.0

    def __str__(self) -> str:
        here, there = in_words(self.one[2]), in_words(self.other[2])
        return f"firms in '{here}' of {self.one[0]} and not in '{there}' of {self.other[0]}"


@dataclass(frozen=True)
class Past:
    """A figure of an earlier run, as a key of a system."""

    run: str
    key: Key

    def __str__(self) -> str:
        return f"{in_words(self.key)}, in {self.run}"


@dataclass(frozen=True)
class Publication:
    """All additive figures of one run, and the differences to earlier runs that must not be known."""

    run: str
    views: tuple[View, ...]
    differences: tuple[Difference, ...] = field(default=())


def in_words(key: Key) -> str:
    """A figure in words: 'firms of manufacturing 2002, size 10-49'."""
    sample, window, year, codes, aggregate, point = key
    when = year or f"({window}{' ' + point if point else ''})"
    named = "".join(f", {name} {code}" for name, code in codes)
    return f"{'number' if aggregate == '*' else aggregate} of {sample} {when}{named}"


def years_of(window: str, windows: Mapping[str, Window]) -> str:
    """A window by its years: other studies may call it otherwise."""
    if not window:
        return ""
    found = windows[window]
    return f"{found.t0}-{found.t1}-{found.outcome}"


def publication_of(backing: Backing, windows: Mapping[str, Window], secret: bytes = b"") -> Publication:
    """What would be recorded of a run, before anything is hidden."""
    sums: dict[str, list[Sums]] = {}
    for one in backing.sums:
        sums.setdefault(one.view, []).append(one)
    missing = sorted(set(sums) - {listing.view for listing in backing.listings})
    if missing:
        raise DisclosureError(f"There is no list of firms of the view {missing[0]}. Nothing is released.")
    listed = sorted(backing.listings, key=lambda one: one.view)
    views = (_view(one, sums[one.view], windows, secret) for one in listed if one.view in sums)
    return Publication(THIS, tuple(views))


def _view(listed: Listing, sums: Sequence[Sums], windows: Mapping[str, Window], secret: bytes) -> View:
    firms, owners = _hashed(listed.firms.tolist(), secret), _hashed(listed.owners.tolist(), secret)
    order = np.lexsort((listed.years, firms))
    amounts = {}
    for one in sorted(sums, key=lambda one: one.aggregate):
        values, known = listed.values[one.aggregate]
        figures = [
            Figure(_key(ask, windows), ask, np.sort(members))
            for ask, members in zip(one.asks, one.members, strict=True)
        ]
        amounts[one.aggregate] = Amounts(
            values[order],
            known[order],
            listed.decimals[one.aggregate],
            one.counts,
            one.parts,
            tuple(sorted(figures, key=lambda figure: figure.key)),
        )
    window = years_of(listed.window, windows)
    years, classes, asked = listed.years[order], listed.classes[order], listed.asked[order]
    return View(window, firms[order], owners[order], years, classes, asked, amounts)


def _key(ask: Ask, windows: Mapping[str, Window]) -> Key:
    return (ask.sample, years_of(ask.window, windows), ask.year, ask.codes, ask.aggregate, ask.point)


def _hashed(names: Sequence[str], secret: bytes) -> Hashes:
    once = {
        name: hashlib.blake2b(str(name).encode(), digest_size=_DIGITS // 2, key=secret).hexdigest().encode()
        for name in set(names)
    }
    return np.array([once[name] for name in names], dtype=f"S{_DIGITS}")


def with_figures(given: Publication, told: Mapping[tuple[str, Key], Figure]) -> Publication:
    """The publication with what was decided of its figures; `told` by window's aggregate and key."""
    views = []
    for view in given.views:
        amounts = {
            name: replace(one, figures=tuple(told.get((name, figure.key), figure) for figure in one.figures))
            for name, one in view.amounts.items()
        }
        views.append(replace(view, amounts=amounts))
    return replace(given, views=tuple(views))
