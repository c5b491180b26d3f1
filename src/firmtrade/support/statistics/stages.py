"""The stages of `support.stages` as words of a study: for numbers of firms from a confidential panel.

The service zone names firms from the agency's register; the statistics zone may only count. So nothing is
computed here: the rules become variables and a dimension, and a study asks for tables by it as by any other,
which leave as a Release only.
"""

from __future__ import annotations

from collections.abc import Mapping

from firmtrade.support.stages import NEVER, NEW, OCCASIONAL, REGULAR, STAGES, STOPPED, UNDETERMINED, StageRule

DIMENSION = "export-stage"


def stage_words(year: int, rule: StageRule | None = None) -> Mapping[str, Mapping[str, Mapping[str, object]]]:
    """Definitions for a study: {'variables': ..., 'dimensions': ...}, the stage of firms observed in `year`.

    A firm whose stage cannot be told is `unknown`, a code of its own. The panel needs exports by flow, and
    `founded` if it has it.
    """
    rule = rule or StageRule()
    born = "coalesce(founded, 0) <= year"
    counts = {
        "stage-last-yes": f"exporter and year = {year}",
        "stage-last-no": f"not exporter and year = {year}",
        "stage-run-yes": f"exporter and year between {year - rule.regular + 1} and {year}",
        "stage-run-no": f"not exporter and year between {year - rule.regular + 1} and {year}",
        "stage-before-yes": f"exporter and year between {year - rule.without} and {year - 1}",
        "stage-before-no": f"not exporter and {born} and year between {year - rule.without} and {year - 1}",
        "stage-ever-yes": f"exporter and year < {year}",
        "stage-ever-no": f"not exporter and {born} and year < {year}",
    }
    variables = {name: _variable(f"count(*) filter (where {when})", "years") for name, when in counts.items()}
    variables["stage-first"] = _variable(f"min(year) filter (where year <= {year} and {born})", "year")
    for name, expr in _derived(year, rule).items():
        variables[name] = _variable(expr, "year")
    dimension = {
        "title": f"Stage of exporting in {year}",
        "text": f"New: {rule.without} years without before; regular: {rule.regular} years in a row.",
        "source": "own",
        "expr": _case(year, rule),
        "codes": {code: text for code, text in STAGES.items() if code != UNDETERMINED},
    }
    return {"variables": variables, "dimensions": {DIMENSION: dimension}}


def _variable(expr: str, unit: str) -> Mapping[str, object]:
    return {"title": "Part of the stage of exporting", "expr": expr, "unit": unit, "source": "own"}


def _derived(year: int, rule: StageRule) -> dict[str, str]:
    """Years that must be known for 'never', and those before the foundation that count as no."""
    need = max(rule.without + 1, rule.regular, rule.permanent)
    start, window = year - need + 1, year - rule.without
    return {
        "stage-start": f"case when stage_first < {start} then stage_first else {start} end",
        "stage-from": "case when founded > stage_start then founded else stage_start end",
        "stage-unborn": f"case when founded > {year} then {rule.without} when founded > {window} "
        f"then founded - {window} else 0 end",
    }


def _case(year: int, rule: StageRule) -> str:
    """One branch for each stage; a firm that none fits is unknown."""
    broken = f"(stage_run_no > 0 or coalesce(founded, 0) > {year - rule.regular + 1})"
    never = f"stage_last_no > 0 and stage_ever_yes = 0 and stage_ever_no = {year} - stage_from"
    branches = {
        REGULAR: f"stage_last_yes > 0 and stage_run_yes = {rule.regular}",
        OCCASIONAL: f"stage_last_yes > 0 and {broken} and stage_before_yes > 0",
        NEW: f"stage_last_yes > 0 and {broken} and stage_before_no + stage_unborn = {rule.without}",
        STOPPED: "stage_last_no > 0 and stage_ever_yes > 0",
        NEVER: never,
    }
    return "case " + " ".join(f"when {when} then '{code}'" for code, when in branches.items()) + " end"


def as_toml(words: Mapping[str, Mapping[str, Mapping[str, object]]]) -> str:
    """The words as they are written in a study file."""
    lines = []
    for kind, entries in words.items():
        for name, entry in entries.items():
            lines.append(f"[{kind}.{name}]")
            lines += [f"{key} = {_toml(value)}" for key, value in entry.items()]
            lines.append("")
    return "\n".join(lines)


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f'{key} = "{text}"' for key, text in value.items()) + " }"
    return f'"{value}"'
