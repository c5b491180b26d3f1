"""Writes panel.csv: a panel with a known production function, stored for other programs to read.

Run from the checkout: PYTHONPATH=src:tests python tests/golden/productivity/make_panel.py
"""

from __future__ import annotations

from pathlib import Path

from reference.production import acf_panel


def main() -> None:
    frame = acf_panel(seed=7, process=2, firms=120, years=6, effect=0.1)
    # Some firm-years are not there, as in a real panel: lags must not reach over a gap.
    frame = frame[(frame["id"] * 7 + frame["year"] * 3) % 11 != 0]
    columns = ["id", "year", "y", "l", "k", "m", "exports"]
    target = Path(__file__).with_name("panel.csv")
    frame[columns].round(6).to_csv(target, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
