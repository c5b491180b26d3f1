"""A large panel of firms to measure on: realistic in size and skew, not in its results.

python benchmarks/panel.py PANEL.parquet [ROWS]
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy
import pyarrow
import pyarrow.compute
import pyarrow.parquet

if TYPE_CHECKING:
    Firms = dict[str, numpy.ndarray]

YEARS = range(1996, 2004)
FLOWS = ("import_intra", "import_extra", "export_intra", "export_extra")
LARGEST = 8.5  # log of employment
ROW_GROUP = 122_880  # as DuckDB writes them; a reader shares the groups out among its threads
# Classes of NACE Rev. 1.1, manufacturing, services and others; construction and trade are the largest.
_CODES = """
01.11 02.01 05.01 10.30 11.20 13.20 14.11 14.21 15.11 15.81 16.00 17.11 17.54 18.22 19.30 20.10
20.30 21.21 22.11 22.22 23.20 24.14 24.42 24.51 25.21 26.12 26.61 27.10 27.51 28.11 28.52 29.11
29.53 30.02 31.10 31.62 32.10 32.20 33.10 33.20 34.10 34.30 35.11 35.12 35.20 35.30 35.41 36.11
36.63 37.10 40.11 40.30 41.00 45.11 45.21 45.44 50.10 50.30 51.19 51.51 52.11 52.42 55.10 55.30
60.24 61.10 62.10 63.11 63.40 64.11 64.20 65.12 66.01 67.13 67.20 70.11 70.32 71.10 71.32 72.10
72.22 73.10 74.12 74.40 74.87 75.11 80.10 85.11 92.11 93.01
"""
CODES = _CODES.split()
WEIGHTS = {
    "45": 20.0,
    "50": 7.0,
    "51": 18.0,
    "52": 16.0,
    "55": 9.0,
    "60": 5.0,
    "74": 14.0,
    "28": 3.0,
    "15": 3.0,
}
REGIONS = ("BE100", "BE211", "BE234", "BE241", "BE251", "BE310", "BE323", "BE332", "BE341", "BE352")
SCHEMA = pyarrow.schema(
    [
        ("firm", pyarrow.string()),
        ("year", pyarrow.int32()),
        ("activity", pyarrow.string()),
        ("region", pyarrow.string()),
        ("founded", pyarrow.int32()),
        ("employment", pyarrow.float64()),
        ("turnover", pyarrow.float64()),
        ("value_added", pyarrow.float64()),
        ("domestic", pyarrow.bool_()),
        *((name, pyarrow.float64()) for name in FLOWS),
    ]
)


def make_panel(path: str | Path, rows: int = 10_000_000, seed: int = 2002) -> Path:
    """Write a panel of so many firm-years as one Parquet file, a row group a year, firms in no order.

    Firms live on from year to year: one in twelve is replaced by a new one, sizes drift, trade persists.
    Employment is missing in 5 % of the rows, each flow in 2 %; amounts are EUR with cents, as doubles.
    """
    random = numpy.random.default_rng(seed)
    each = rows // len(YEARS)
    firms = _founders(random, each)
    with pyarrow.parquet.ParquetWriter(path, SCHEMA) as writer:
        for year in YEARS:
            last = year == YEARS[-1]
            if year > YEARS[0]:
                _next_year(random, firms, year)
            count = rows - each * (len(YEARS) - 1) if last else each
            writer.write_table(_year_table(random, firms, year, count), row_group_size=ROW_GROUP)
    return Path(path)


# --- the firms and their lives ------------------------------------------------------------------------------


def _founders(random: numpy.random.Generator, count: int) -> Firms:
    firms = _new_firms(random, count + len(YEARS), 0)
    firms["founded"] = (1996 - random.exponential(14, len(firms["number"]))).astype("int32")
    return firms


def _new_firms(random: numpy.random.Generator, count: int, first: int) -> Firms:
    """Firms with a skewed size (most are micro) and trade that goes with size."""
    weights = numpy.array([WEIGHTS.get(code[:2], 1.0) for code in CODES])
    size = numpy.minimum(random.gamma(1.3, 1.1, count), LARGEST)
    trades = random.random((len(FLOWS), count)) < 0.05 + 0.07 * size
    return {
        "number": numpy.arange(first, first + count),
        "activity": random.choice(len(CODES), count, p=weights / weights.sum()).astype("int8"),
        "region": random.integers(0, len(REGIONS), count, dtype="int8"),
        "founded": numpy.zeros(count, "int32"),
        "domestic": random.random(count) < 0.95,
        "size": size,
        "productivity": random.normal(10.7, 0.4, count),
        "trades": trades & (random.random(count) < 0.5),
    }


def _next_year(random: numpy.random.Generator, firms: Firms, year: int) -> None:
    """Replace one firm in twelve, let the others drift; a flow starts or stops now and then."""
    count = len(firms["number"])
    gone = numpy.flatnonzero(random.random(count) < 1 / 12)
    fresh = _new_firms(random, len(gone), int(firms["number"].max()) + 1)
    fresh["founded"] += year
    fresh["size"] *= 0.6
    firms["size"] = numpy.clip(firms["size"] + random.normal(0.01, 0.08, count), 0, LARGEST)
    firms["productivity"] = firms["productivity"] + random.normal(0.02, 0.1, count)
    flips = random.random((len(FLOWS), count))
    firms["trades"] = numpy.where(firms["trades"], flips > 0.12, flips < 0.006 * (1 + firms["size"]))
    for name, values in fresh.items():
        firms[name][..., gone] = values


# --- as rows ------------------------------------------------------------------------------------------------


def _year_table(random: numpy.random.Generator, firms: Firms, year: int, count: int) -> pyarrow.Table:
    """The rows of one year in a random order."""
    order = random.permutation(len(firms["number"]))[:count]
    employment = numpy.round(numpy.exp(firms["size"][order]), 1)
    added = numpy.exp(firms["productivity"][order]) * employment
    missing = random.random((3, count))
    columns = [
        pyarrow.compute.utf8_lpad(pyarrow.array(firms["number"][order]).cast(pyarrow.string()), 10, "0"),
        pyarrow.array(numpy.full(count, year, "int32")),
        _texts(CODES, firms["activity"][order]),
        _texts(REGIONS, firms["region"][order]),
        pyarrow.array(firms["founded"][order]),
        pyarrow.array(employment, mask=missing[0] < 0.05),
        pyarrow.array(numpy.round(added * random.uniform(1.5, 6, count), 2), mask=missing[1] < 0.15),
        pyarrow.array(numpy.round(added - 10_000 * (random.random(count) < 0.03), 2), mask=missing[2] < 0.03),
        pyarrow.array(firms["domestic"][order]),
    ]
    for trades in firms["trades"]:
        amount = numpy.round(added * random.exponential(0.5, count) + 0.01, 2)
        traded = numpy.where(trades[order], amount, 0.0)
        columns.append(pyarrow.array(traded, mask=random.random(count) < 0.02))
    return pyarrow.Table.from_arrays(columns, schema=SCHEMA)


def _texts(words: tuple[str, ...] | list[str], codes: numpy.ndarray) -> pyarrow.Array:
    return pyarrow.DictionaryArray.from_arrays(codes, pyarrow.array(words)).cast(pyarrow.string())


def main(arguments: list[str]) -> None:
    """Write a panel to the file that is named, of 10 million rows or as many as are asked for."""
    make_panel(arguments[0], *(int(rows.replace("_", "")) for rows in arguments[1:2]))


if __name__ == "__main__":
    main(sys.argv[1:])
