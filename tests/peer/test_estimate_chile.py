"""The Chilean plants give the premia that are known of them (shared data/SOURCES.md)."""

from __future__ import annotations

import numpy as np
import pytest

from firmtrade.estimate.premia import PremiaSpec, premia
from firmtrade.estimate.quantiles import quantile_premia
from firmtrade.estimate.selection import SelectionSpec, selection

#: Plants, four-digit class and year effects; class x year effects give 0.892, 0.661 and 1.506 instead.
KNOWN = {"export-only": 0.889, "import-only": 0.659, "both": 1.494}
SPEC = PremiaSpec(("L",), "mode", "none", effects=(("ciiu",), ("year",)), firm="padron")


@pytest.fixture(scope="module")
def plants(shared):
    import pandas as pd

    path = shared / "data" / "chile-enia" / "panel.tsv"
    if not path.exists():
        pytest.skip("the Chilean panel is not beside the checkout (data/chile-enia/panel.tsv)")
    frame = pd.read_csv(path, sep="\t")
    frame = frame[frame["d_e"] >= 0]
    both, exports = (frame["d_e"] == 1) & (frame["d_m"] == 1), frame["d_e"] == 1
    mode = np.select([both, exports, frame["d_m"] == 1], ["both", "export-only", "import-only"], "none")
    return frame.assign(mode=mode, output_per_head=frame["rY"] / frame["L"])


def test_premia_in_employment(plants):
    found = premia(plants, SPEC)
    assert {line.status: round(line.coefficient.estimate, 3) for line in found.lines} == KNOWN
    assert found.fits[0][1].observations == 34_981


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # pyfixest 0.60 with pandas 3.1
def test_errors_are_those_of_pyfixest_to_the_ninth_digit(plants):
    import pyfixest

    ready = plants.assign(
        y=np.log(plants["L"]), **{name.replace("-", "_"): (plants["mode"] == name) * 1.0 for name in KNOWN}
    )
    formula = "y ~ both + export_only + import_only | ciiu + year"
    other = pyfixest.feols(formula, ready, vcov={"CRV1": "padron"}).tidy()
    for line in premia(plants, SPEC).lines:
        row = other.loc[line.status.replace("-", "_")]
        assert line.coefficient.estimate == pytest.approx(row["Estimate"], abs=1e-9)
        assert line.coefficient.std_error == pytest.approx(row["Std. Error"], abs=1e-9)


def test_r_fixest_agrees(plants, tmp_path):
    import shutil
    import subprocess

    script = shutil.which("Rscript")
    if not script or subprocess.run([script, "-e", "library(fixest)"], capture_output=True).returncode:
        pytest.skip("R with fixest is not installed")
    plants[["padron", "ciiu", "year", "L", "mode"]].to_csv(tmp_path / "plants.csv", index=False)
    code = (
        "d <- read.csv(commandArgs(TRUE)[1]); d$mode <- relevel(factor(d$mode), 'none');"
        "m <- fixest::feols(log(L) ~ mode | ciiu + year, d, cluster = ~padron);"
        "cat(sprintf('%s,%.12f,%.12f\\n', names(coef(m)), coef(m), se(m)), sep = '')"
    )
    done = subprocess.run(
        [script, "-e", code, str(tmp_path / "plants.csv")], capture_output=True, text=True, check=True
    )
    theirs = {line.split(",")[0].removeprefix("mode"): line.split(",")[1:] for line in done.stdout.split()}
    for line in premia(plants, SPEC).lines:
        estimate, error = map(float, theirs[line.status])
        assert line.coefficient.estimate == pytest.approx(estimate, abs=1e-6)
        assert line.coefficient.std_error == pytest.approx(error, abs=1e-6)


def test_the_premium_grows_along_the_distribution_of_size(plants):
    found = quantile_premia(plants, SPEC, (0.1, 0.9))
    both = [line.premium.percent for line in found.lines if line.premium.status == "both"]
    assert both[0] < both[1]


def test_starters_were_ahead_three_years_before(plants):
    spec = SelectionSpec(
        "output_per_head", "d_e", log_controls=("L",), effects=(("ciiu", "year"),), firm="padron"
    )
    found = selection(plants, spec)
    assert [(each.starters, each.controls) for each in found.cohorts] == [(72, 2488), (70, 2503)]
    assert all(line.low > 0 for line in found.lines if not line.growth)


def test_the_example_study_gives_them_through_its_models(shared, root):
    from firmtrade.study import Study

    panel = shared / "data" / "chile-enia" / "panel.tsv"
    if not panel.exists():
        pytest.skip("the Chilean panel is not beside the checkout (data/chile-enia/panel.tsv)")
    study = Study(root / "examples" / "chile-enia", panel=str(panel))
    found = {model.name: model for model in study.models()}
    assert [model.refused for model in found.values()] == ["", "", ""]
    coefficients = {
        cell.codes["mode"]: round(cell.value, 3)
        for cell in found["premia"].tables[0].cells
        if cell.measure == "coefficient" and cell.codes["outcome"] == "employment"
    }
    assert coefficients == KNOWN
    verdicts = {finding.question: finding.verdict for finding in found["before-entry"].findings}
    assert verdicts == {
        "plants: exporter: level before": "above",
        "plants: importer: level before": "above",
        "plants: exporter: growth before": "open",
        "plants: importer: growth before": "open",
    }
