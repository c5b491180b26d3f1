"""Firms and internationally active firms by region, with the nine shares of section 5.2 (Figure 15).

That section is about SMEs of any owner (audit C3): 29,030 in manufacturing, 65,941 in services. Given the
three shares, the number of firms and the number of active firms, one share of firms by region is free: that
of Brussels.
"""

from __future__ import annotations

import numpy as np

SHARES = {  # % active in BE1, BE2, BE3
    "manufacturing": (26.6, 26.6, 20.0),
    "rest": (40.6, 47.2, 38.9),
    "services": (30.5, 27.4, 20.7),
}
BRUSSELS = {"manufacturing": 0.08, "rest": 0.10, "services": 0.19}  # own
#: Foreign-owned manufacturing firms, all active: in construction (own) and elsewhere, 746 together (audit
#: C3).
FOREIGN = (20, 726)


def by_region(name: str, firms: int, active: int) -> np.ndarray:
    """Firms and active firms by region (2 x 3)."""
    one, two, three = SHARES[name]
    first = round(BRUSSELS[name] * firms)
    rest, lacks = firms - first, 100 * active - one * first
    third = round((two * rest - lacks) / (two - three))
    counts = np.array([first, rest - third, third])
    acting = np.rint(counts * np.array([one, two, three]) / 100).astype(int)
    acting[1] = active - acting[0] - acting[2]
    for share, found in zip(SHARES[name], 100 * acting / counts, strict=True):
        if abs(found - share) >= 0.05:
            raise ValueError(f"{name}: {found:.3f} instead of {share} % active")
    return np.array([counts, acting])


def split(name: str, by_division: np.ndarray, construction: list[int], foreign: np.ndarray) -> np.ndarray:
    """Quiet and active firms by group (manufacturing: construction and the rest), region: groups x 2 x 3."""
    if name == "services":
        total = by_division.sum(axis=0) + foreign
        return _quiet_and_active(by_region(name, int(total.sum()), int(total[1:].sum())))[None]
    rest = np.delete(by_division, construction, axis=0)
    counts = (int(rest.sum()) + FOREIGN[1], int(rest[:, 1:].sum()) + FOREIGN[1])
    everyone = (int(by_division.sum()) + sum(FOREIGN), int(by_division[:, 1:].sum()) + sum(FOREIGN))
    outside = by_region("rest", *counts)
    building = by_region(name, *everyone) - outside
    return np.stack([_quiet_and_active(building), _quiet_and_active(outside)])


def _quiet_and_active(table: np.ndarray) -> np.ndarray:
    return np.array([table[0] - table[1], table[1]])
