"""Firms of the same sums, and how the sums of all of them are moved without a firm leaving its groups."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from firmtrade.describe.asks import Ask
from firmtrade.synthesize.twin.firms import cuts_at, room
from firmtrade.synthesize.twin.panel import GRID, MISSING, Panel
from firmtrade.synthesize.twin.reader import Place

Sum = Mapping[Place, float]  # a sum as weights of columns in years


class Blocks:
    """Firms of the same sums, and the sum of each column and year that is asked of a block."""

    def __init__(
        self, panel: Panel, inside: Mapping[Ask, np.ndarray], sums: Mapping[Ask, Sum],
        limits: Mapping[Place, tuple[float, ...]], pinned: np.ndarray,
    ) -> None:  # fmt: skip
        self.panel, self.sums, self.limits = panel, sums, limits
        self.asks = sorted(sums, key=repr)
        self.places = sorted({place for weights in sums.values() for place in weights})
        member = np.array([inside[ask] for ask in self.asks])
        some = np.flatnonzero(member.any(axis=0))
        packed = np.packbits(member[:, some].T, axis=1)
        _, first, block = np.unique(packed, axis=0, return_index=True, return_inverse=True)
        self.firms, self.block, self.blocks = some, block.reshape(-1), len(first)
        self.member = member[:, some[first]]
        self.pinned = pinned[some]
        shape = (self.blocks, len(self.places))
        self.now, self.low, self.high = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        for n, place in enumerate(self.places):
            values, low, high = self.values(place)
            self.now[:, n] = np.bincount(self.block, values, self.blocks)
            self.low[:, n] = np.bincount(self.block, low, self.blocks)
            self.high[:, n] = np.bincount(self.block, high, self.blocks)

    def values(self, place: Place) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(value, lowest, highest) of each firm in hundredths; 0 where there is none."""
        name, year = place
        at = self.panel.place(year)
        values = self.panel.values[name][self.firms, at]
        there = self.panel.present[self.firms, at] & (values != MISSING)
        values = np.where(there, values, 0)
        low, high = room(values, cuts_at(self.limits, name, year))
        return values, np.where(self.pinned, values, low), np.where(self.pinned, values, high)

    def weights(self, ask: Ask) -> np.ndarray:
        """A sum as weights of blocks x places."""
        found = np.zeros((self.blocks, len(self.places)))
        for place, weight in self.sums[ask].items():
            found[:, self.places.index(place)] = weight / GRID
        return found * self.member[self.asks.index(ask)][:, None]

    def move(self, goal: np.ndarray) -> None:
        """Bring the sums of the blocks to `goal` (hundredths), firm by firm in proportion to its room."""
        for n, (name, year) in enumerate(self.places):
            values, low, high = self.values((name, year))
            change = goal[:, n] - self.now[:, n]
            up, down = self.high[:, n] - self.now[:, n], self.now[:, n] - self.low[:, n]
            part = np.where(change >= 0, change / np.maximum(up, 1e-9), change / np.maximum(down, 1e-9))
            part = np.clip(np.round(part, 12), -1.0, 1.0)[self.block]
            moved = values + np.where(part >= 0, part * (high - values), part * (values - low))
            whole = np.clip(np.rint(moved).astype(np.int64), low, high)
            off = np.rint(goal[:, n]).astype(np.int64) - _whole_sums(whole, self.block, self.blocks)
            _spread(whole, low, high, self.block, off)
            at = self.panel.place(year)
            there = self.panel.present[self.firms, at] & (self.panel.values[name][self.firms, at] != MISSING)
            self.panel.values[name][self.firms[there], at] = whole[there]


def _whole_sums(values: np.ndarray, block: np.ndarray, blocks: int) -> np.ndarray:
    found = np.zeros(blocks, dtype=np.int64)
    np.add.at(found, block, values)
    return found


def _spread(
    values: np.ndarray, low: np.ndarray, high: np.ndarray, block: np.ndarray, off: np.ndarray
) -> None:
    """Add what rounding left over to the firms with most room, block by block."""
    order = np.argsort(block, kind="stable")
    ends = np.searchsorted(block[order], np.arange(len(off) + 1))
    for n in np.flatnonzero(off):
        left = int(off[n])
        firms = order[ends[n] : ends[n + 1]]
        space = (high - values)[firms] if left > 0 else (values - low)[firms]
        for firm in firms[np.argsort(-space, kind="stable")[:50]].tolist():
            step = (
                min(left, int(high[firm] - values[firm]))
                if left > 0
                else max(left, int(low[firm] - values[firm]))
            )
            values[firm] += step
            left -= step
            if not left:
                break
