"""Survival, spells of trade and new ventures as a study asks for them: from the panel to the report."""

from __future__ import annotations

import csv
import math
import random
from pathlib import Path

import pytest

from firmtrade.classify.expand import CONTRACT
from firmtrade.errors import StudyError
from firmtrade.estimate.kinds import KINDS, kind_of
from firmtrade.estimate.model import read_models
from firmtrade.study import Study, make_study

SAMPLES = {
    "manufacturing": {"title": "Manufacturing", "expr": "division between '10' and '45'", "source": "own"}
}
SAMPLE = {"sample": "manufacturing"}


def lines(firms: int = 1200, seed: int = 1) -> list[list[object]]:
    """Firms of 1998 .. 2012; two-way traders (3) leave at half the rate; trade starts and stops."""
    draw = random.Random(seed)
    found: list[list[object]] = []
    for firm in range(firms):
        founded, trade = draw.randint(1985, 2010), draw.choice([0, 0, 1, 2, 3, 3])
        if any(draw.random() < 0.05 for _ in range(1998 - founded)):
            continue
        size, code = math.exp(draw.gauss(2, 0.8)), draw.choice(["1511", "2811"])
        for year in range(max(1998, founded), 2013):
            imports, exports = (1000 if trade in (1, 3) else 0), (1000 if trade in (2, 3) else 0)
            flows = [imports, 0, exports, 0]
            found.append(
                [f"F{firm:05}", year, code, "BE21", founded, round(size, 1), 4000, 1e5, "true", *flows]
            )
            if draw.random() < (0.06 if trade == 3 else 0.12):
                break
            size *= math.exp(draw.gauss(0.02 + 0.05 * (trade in (2, 3)), 0.1))
            if draw.random() < 0.12:
                trade = draw.choice([0, 1, 2, 3])
    return found


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("panel") / "p.csv"
    return write(path, lines())


def write(path: Path, rows: list[list[object]]) -> str:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(CONTRACT[:13])
        writer.writerows(rows)
    return str(path)


def study(models: dict[str, dict], columns: dict[str, str] | None = None) -> object:
    raw = {"title": "Survival", "samples": SAMPLES, "models": models, "panel": {"columns": columns or {}}}
    return make_study(raw | {"protect": {"profile": "research-output"}}, "s", Path(), "study.toml")


def run(models: dict[str, dict], source: str, out: Path, **columns: str) -> tuple[list[dict[str, str]], str]:
    Study(study(models, columns), panel=source).run(out)
    with (out / "models.csv").open(newline="") as file:
        return list(csv.DictReader(file)), (out / "report.html").read_text()


def values(rows: list[dict[str, str]], table: str, **codes: str) -> dict[str, float]:
    named = {name.replace("_", "-"): code for name, code in codes.items()}
    return {
        row["measure"]: float(row["value"])
        for row in rows
        if row["table"] == table and row["value"] and all(row[key] == code for key, code in named.items())
    }


@pytest.fixture(scope="module")
def survival(source, tmp_path_factory):
    entry = {"kind": "survival", **SAMPLE, "controls": ["ln(employment)"], "strata": "division"}
    return run({"lives": entry}, source, tmp_path_factory.mktemp("out") / "o")


def test_two_way_traders_leave_at_half_the_rate(survival):
    rows, page = survival
    for model in ("cloglog-yearly", "cox-yearly"):
        found = values(rows, "lives-hazard", hazard_model=model, mode="both")
        assert found["hazard-ratio-low"] < 0.5 < found["hazard-ratio-high"] < 0.75
    at_start = values(rows, "lives-hazard", hazard_model="cloglog", mode="both")
    assert 0.4 < at_start["hazard-ratio"] < 0.9  # the group of the start, which firms leave again
    assert "leave less often than firms with no internationalization" in page
    assert values(rows, "lives-logrank")["logrank-p"] < 0.01


def test_the_report_has_curves_numbers_at_risk_and_methods(survival):
    rows, page = survival
    start = values(rows, "lives-curve", mode="both", duration="0")
    assert start == {"survival": 100.0}
    risk = [float(row["value"]) for row in rows if row["table"] == "lives-at-risk" and row["mode"] == "both"
            and row["value"]]  # fmt: skip
    assert len(risk) > 5 and all(number % 10 == 0 for number in risk)  # to two digits, at least in tens
    for text in (
        "Kaplan and Meier (1958)",
        "firms older than the panel enter at the age",
        "mergers count as deaths",
        "How this was",
    ):
        assert text in page
    assert {"lives-median", "lives-proportional", "lives-followed", "lives-hazard-figure"} <= {
        row["table"] for row in rows
    }


def test_a_curve_falls_and_no_step_is_told_of_few_firms(survival):
    rows, _ = survival
    for mode in ("none", "both", "import-only", "export-only"):
        steps = [float(row["value"]) for row in rows if row["table"] == "lives-curve" and row["value"]
                 and row["mode"] == mode and row["measure"] == "survival"]  # fmt: skip
        assert steps == sorted(steps, reverse=True) and len(steps) > 3


def test_figures_of_few_firms_are_hidden(source, tmp_path):
    few = lines(90, seed=2)
    rows, _ = run({"lives": {"kind": "survival", **SAMPLE}}, write(tmp_path / "p.csv", few), tmp_path / "o")
    hidden = [row for row in rows if row["confidentiality"] != "F"]
    assert hidden and all(not row["value"] for row in hidden)


def test_mergers_as_an_exit_of_their_own(tmp_path):
    rows = lines(500, seed=3)
    with (tmp_path / "p.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*CONTRACT[:13], "why"])
        draw = random.Random(1)
        writer.writerows([*row, draw.choice(["dead", "bought", ""])] for row in rows)
    entry = {"kind": "survival", **SAMPLE, "clock": "base", "base": 2000, "yearly": False, "reason": "why",
             "reasons": {"dead": "death", "bought": "merger"}, "merger": "compete"}  # fmt: skip
    found, page = run({"lives": entry}, str(tmp_path / "p.csv"), tmp_path / "o", why="why")
    shares = {row["exit-reason"] for row in found if row["table"] == "lives-incidence"}
    assert shares == {"death", "merger"}
    assert "rules death out" in page and values(found, "lives-followed", fate="exits by merger")


def test_spells_of_export(source, tmp_path):
    entries = {
        "spells": {"kind": "trade-spells", **SAMPLE, "after": [1, 2]},
        "by-size": {"kind": "trade-spells", **SAMPLE, "groups": "size", "reference": "0-9", "spells": "all",
                    "gap": "close", "trades": "importer"},
    }  # fmt: skip
    rows, page = run(entries, source, tmp_path / "o")
    one = values(rows, "spells", duration="1", still="continuously")
    two, there = (
        values(rows, "spells", duration="2", still=each) for each in ("continuously", "in-that-year")
    )
    assert one["still-trading-low"] < one["still-trading"] < one["still-trading-high"]
    assert two["still-trading"] < one["still-trading"] and two["still-trading"] <= there["still-trading"]
    assert "Of the firms that became" in page and "Hess and Persson" in page
    assert "a short interruption, known to be one, does not end a spell" in page
    ratio = values(rows, "by-size-hazard", hazard_model="cloglog", size="10-49")
    assert ratio["hazard-ratio-low"] < ratio["hazard-ratio"] < ratio["hazard-ratio-high"]


@pytest.mark.slow
def test_new_ventures(source, tmp_path):
    entries = {
        "ventures": {"kind": "new-ventures", **SAMPLE},
        "intensive": {"kind": "new-ventures", **SAMPLE, "definition": "intensive", "replace": True},
        "countries": {"kind": "new-ventures", **SAMPLE, "definition": "several-countries"},
    }
    rows, page = run(entries, source, tmp_path / "o")
    growth = values(rows, "ventures-growth", outcome="growth of survivors")
    assert growth["venture-effect-low"] < growth["venture-effect"] < growth["venture-effect-high"]
    assert 0 < growth["venture-effect"] < 6  # exporters grow by up to 5 per cent more
    balance = values(rows, "ventures-balance", matching="after")
    assert abs(balance["standard-difference"]) < 0.25
    assert "Not answered" in page and "the number of partner countries" in page
    assert "sells a quarter of its turnover abroad" in page
    assert {row["model"] for row in rows} == {"ventures", "intensive"}


@pytest.mark.slow
def test_another_order_of_rows_gives_the_same_bytes(tmp_path):
    ordered = lines(300, seed=4)
    shuffled = random.Random(3).sample(ordered, len(ordered))
    entries = {
        "lives": {"kind": "survival", **SAMPLE},
        "spells": {"kind": "trade-spells", **SAMPLE},
        "ventures": {"kind": "new-ventures", **SAMPLE},
    }
    outs = []
    for name, rows in (("a", ordered), ("b", shuffled)):
        source = write(tmp_path / f"{name}.csv", rows)
        outs.append(Study(study(entries), panel=source).run(tmp_path / name))
    assert (outs[0] / "models.csv").read_bytes() == (outs[1] / "models.csv").read_bytes()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"kind": "survival", "gap": "closed"}, "gap"),
        ({"kind": "survival", "reason": "why"}, "needs the meaning of its codes"),
        ({"kind": "trade-spells", "groups": "size"}, "needs reference"),
        ({"kind": "new-ventures", "definition": "born"}, "There is no definition 'born'"),
        ({"kind": "new-ventures", "definition": "young-trader"}, "needs base"),
    ],
)
def test_what_a_study_says_wrongly_is_refused(entry, said, source, tmp_path):
    with pytest.raises(StudyError, match=said):
        Study(study({"m": {**entry, **SAMPLE}}), panel=source).run(tmp_path / "o")


def test_a_panel_without_founding_year_is_told_so(tmp_path):
    source = tmp_path / "p.csv"
    rows = [f"F{n},{year},28,{n + 1},{n % 2}\n" for n in range(60) for year in (2001, 2002, 2003)]
    source.write_text("firm,year,activity,employment,export_extra\n" + "".join(rows))
    models = {"lives": {"kind": "survival", **SAMPLE, "groups": "size", "reference": "0-9"}}
    Study(study(models), panel=str(source)).run(tmp_path / "o")
    assert "It needs founded, which the panel does not have" in (tmp_path / "o" / "report.html").read_text()


@pytest.mark.parametrize("kind", ["survival", "trade-spells", "new-ventures"])
def test_every_statistic_and_source_of_a_kind_is_known(kind):
    from firmtrade.catalog import Catalog

    catalog, module = Catalog.load(), kind_of(kind)
    assert kind in KINDS and all(catalog.citation(name) for name in module.SOURCES)
    assert all(catalog.get(name, "statistic") for name in module.HEADLINE)
    (model,) = read_models({"m": {"kind": kind, **SAMPLE}}, "study.toml")
    assert all(field.description for field in type(model.options).model_fields.values())


@pytest.mark.parametrize("year", [2001, 2004])
def test_tables_and_models_mean_the_same_by_a_new_venture(source, year):
    import pandas as pd

    from firmtrade.estimate.ventures import classify, venture

    rows = pd.read_csv(source)
    rows = rows.assign(trades=rows["export_intra"] > 0, share=rows["export_intra"] / rows["turnover"])
    there = set(rows.loc[rows["year"] == year, "firm"])
    words = {"at-birth": "venture-at-birth", "within-three": "venture-within-three",
             "within-five": "venture-within-five", "intensive": "venture-intensive"}  # fmt: skip
    for definition, dimension in words.items():
        codes = ["inv", "dnv", *(["lesser"] if definition == "intensive" else [])]
        asked = Study(study({}), panel=source).table("firms", {dimension: codes}, "all-firms", year)
        told = {cell.codes[dimension]: cell.value for cell in asked.cells}
        found = classify(rows, venture(definition), "trades", intensity="share").firms
        count = found.loc[found["firm"].isin(there), "venture"].value_counts()
        model = {"inv": "international", "dnv": "domestic", "lesser": "other"}
        assert told == {code: count.get(model[code], 0) for code in codes}
        assert told["inv"] and told["dnv"]
