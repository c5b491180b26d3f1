"""Weights of firms: which can be used, and shares of them."""

from __future__ import annotations

from typing import Any

from firmtrade.errors import Unanswerable


def known(data: Any, value: str, weight: str, name: str) -> Any:
    """Which rows have a value and a weight. Raises Unanswerable for a negative weight.

    `name` is what the study calls the weight.
    """
    usable = data[value].notna() & data[weight].notna()
    if (usable & (data[weight] < 0)).any():
        raise Unanswerable(
            f"The weight '{name}' is negative for some firms. A share needs weights of zero or more: take "
            "another weight, or leave these firms out of the sample."
        )
    return usable


def shares(data: Any, by: list[str], weight: str) -> Any:
    """Each row's share of the weights of its group; equal shares where they sum to zero."""
    whole = data.groupby(by)[weight].transform("sum")
    equal = 1.0 / data.groupby(by)[weight].transform("size")
    return (data[weight] / whole.where(whole > 0)).fillna(equal)
