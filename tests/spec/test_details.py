"""Groups of a firm's partners or products have a column each, whatever they are called."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from firmtrade.describe.details import LONGEST, ONCE_OF_KEY, _named


def dimension(name: str = "bloc") -> Any:
    return SimpleNamespace(name=name, key="partner_code", groups={"BE": "partner_code = 'BE'"})


def test_no_two_groups_share_a_column() -> None:
    """'eu-efta' and the union 'eu | efta' used to: the number of firms of one was that of the other."""
    codes = [
        "eu-efta",
        "eu | efta",
        "eu efta",
        "EU-EFTA",
        "eu_efta",
        "euefta",
        "eu--efta",
        "eu-efta-",
        "x" * 80,
    ]
    named = [_named(dimension(), code) for code in codes]
    named += [_named(dimension("bloc-eu"), "efta"), _named(dimension("bloc"), "x" * 81)]
    assert len(set(named)) == len(named)
    assert all(len(name) <= LONGEST and name == name.lower() for name in named)


def test_the_order_of_a_union_does_not_matter() -> None:
    assert _named(dimension(), "efta | eu") == _named(dimension(), "eu | efta") == "once__bloc__efta__eu"


def test_a_group_of_one_partner_counts_the_rows_of_that_partner() -> None:
    assert _named(dimension(), "BE") == ONCE_OF_KEY
