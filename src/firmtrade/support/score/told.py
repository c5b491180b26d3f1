"""The score as it is shown: the model card, and firms with their reasons beside segment and readiness."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from firmtrade.errors import DataError, nearest
from firmtrade.support import show
from firmtrade.support.score.cutoffs import REASONS
from firmtrade.support.score.features import ACTIVITY, AGE, REGION, ratios
from firmtrade.support.score.models import MODELS, PENALTY

if TYPE_CHECKING:
    from firmtrade.support.score.quality import Quality
    from firmtrade.support.score.scoring import FirmScore, Reason, Scored
    from firmtrade.support.service.segment import Segmented

BANDS = ("low", "middle", "high")
EVENTS = {"start": "a first export", "stop": "a year without exports"}
#: Printed with every list.
WHY = {
    "start": (
        "The score ranks nobody. It says how many firms with such accounts began to export, not who gains "
        "from support: "
        "a firm with a high probability may well begin without help, and one with a low probability may "
        "lack what no "
        "support gives. The question is most open in the middle. A score is no reason to refuse anything."
    ),
    "stop": (
        "An early warning, no verdict: it says how many exporters with such accounts had a year without "
        "exports. Whether "
        "a call helps is another question. A score is no reason to refuse anything."
    ),
}
DESCRIBES = {
    "logistic": "what each feature adds to the log odds of a firm that is average in all; the parts add up "
    "exactly",
    "boosted": "log odds less what they would be with the usual value of one feature; the parts do not add "
    "up",
}


def card(found: Scored) -> dict[str, Any]:
    """The model card: what it is for, data, dates, what was left out, how good it is, and its limits."""
    window, when = found.asked.window, found.cutoffs
    return {
        "what": f"Probability of {EVENTS[window.event]} in the {window.ahead} years after {when.score}",
        "for": "An adviser who looks for firms to talk to, beside readiness and segment.",
        "not_for": "Ranking, refusing or granting; judging what support did; firms that are not at risk.",
        "why_it_does_not_rank": WHY[window.event],
        "data": "The agency's register: accounts that were filed publicly, trade as firms told it.",
        "at_risk": _at_risk(found),
        "label": f"yes if it happened in any of the {window.ahead} years, no if all of them are known not "
        "to; else left "
        f"out and counted. A firm that has ended does not export.",
        "dates": {
            "learnt_at": list(when.learn),
            "tested_at": when.test,
            "scored_at": when.score,
            "features": "of the cut-off year only; industry and region as they are now",
        },
        "split": f"{found.asked.folds} folds of firms by SHA-256 of '{found.asked.seed}|FIRM'; each tested "
        "at "
        f"{when.test} by models that saw other firms at earlier cut-offs. Scores: fitted to all cut-offs.",
        "learnt_from": {
            "firm_years": found.learnt,
            "events": found.events,
            "events_with_a_year_after_not_known": found.partly,
        },
        "features": list(found.features),
        "switched_off": list(found.asked.without),
        "models": {**MODELS} | {"penalty": PENALTY, "seed": found.asked.seed},
        "reasons": DESCRIBES,
        "left_out": {
            str(year): {f"{name}: {REASONS[name]}": number for name, number in counts.items()}
            for year, counts in sorted(found.left_out.items())
        },
        "scored": {"firms": len(found.scores), "without_accounts_of_that_year": found.without_accounts},
        "quality": {name: _quality(each) for name, each in found.quality.items()},
        "limits": [
            "Accounts of a year are filed in the next one: a score of a year can be made only then.",
            "Support counts as any other reason to start. Where it was given, the score foretells starts "
            "with support.",
            "Quality is that of one cut-off. A group with few events may be served badly without its being "
            "seen.",
        ],
    }


def _at_risk(found: Scored) -> str:
    window = found.asked.window
    if window.event == "stop":
        return "firms that export in the cut-off year"
    years = f"in the cut-off year and the {window.back} before"
    return f"firms known not to export {years}, and in no year on record before"


def _quality(each: Quality) -> dict[str, Any]:
    return _rounded(asdict(each))


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(each) for each in value]
    if isinstance(value, float):
        return None if np.isnan(value) else float(f"{value:.9g}")
    return value


def show_card(found: Scored) -> None:
    """What a reader must know before any firm is shown."""
    window, when = found.asked.window, found.cutoffs
    show.say(f"Probability of {EVENTS[window.event]} in the {window.ahead} years after {when.score}.")
    show.say(
        f"Learnt from {found.learnt:,} firm-years at {when.learn[0]} to {when.learn[-1]} with "
        f"{found.events:,} events; "
        f"tested on other firms at {when.test}."
    )
    show.table(
        f"On firms and a year that the models had not seen ({when.test})",
        ["", *MODELS],
        list(_quality_lines(found)),
        [1, 2],
    )
    best = found.quality["logistic"]
    show.table(
        "Calibration of the logit, by tenths",
        ["tenth", "firms", "foretold, %", "happened, %"],
        [
            (each.number, each.firms, f"{100 * each.foretold:.1f}", f"{100 * each.happened:.1f}")
            for each in best.bins
        ],
        [0, 1, 2, 3],
    )
    show.table(
        "By group: whom it serves, and whom a list would be made of (logit)",
        ["group", "firms", "events", "foretold, %", "happened, %", "AUC", "share, %", "of the top tenth, %"],
        [_group_line(each) for each in best.groups],
        [1, 2, 3, 4, 5, 6, 7],
    )
    if found.partly:
        show.say(
            f"{found.partly:,} of the {found.events:,} events are of firms of which a year after is not "
            "known. Had nothing been seen of them they would have been left out: so probabilities are "
            "somewhat too high."
        )
    left = found.left_out[when.test]
    show.say(
        f"Left out at {when.test}: "
        + "; ".join(f"{number:,} {REASONS[name]}" for name, number in left.items())
        + "."
    )
    show.say(
        f"Scored at {when.score}: {len(found.scores):,} firms, {found.without_accounts:,} of them without "
        "accounts of "
        f"that year."
    )
    show.say(WHY[window.event])


def _group_line(each: Any) -> tuple[Any, ...]:
    auc = "" if each.auc is None else f"{each.auc:.2f}"
    return (
        f"{each.kind} {each.code}",
        each.firms,
        each.events,
        f"{100 * each.foretold:.1f}",
        f"{100 * each.happened:.1f}",
        auc,
        f"{100 * each.share:.0f}",
        f"{100 * each.top:.0f}",
    )


def _quality_lines(found: Scored) -> list[tuple[str, ...]]:
    both = [found.quality[name] for name in MODELS]
    lines: list[tuple[str, ...]] = [
        ("firms, events", *(f"{each.firms:,}, {each.events:,}" for each in both)),
        ("base rate", *(f"{100 * each.base:.1f} %" for each in both)),
        ("area under ROC (standard error)", *(f"{each.auc:.3f} ({each.auc_error:.3f})" for each in both)),
        ("average precision (base rate if blind)", *(f"{each.average_precision:.3f}" for each in both)),
        ("Brier score", *(f"{each.brier:.4f}" for each in both)),
        ("gain on the base rate's Brier score", *(f"{100 * each.skill:.1f} %" for each in both)),
        ("calibration slope (1 is right)", *(f"{each.slope:.2f}" for each in both)),
        ("calibration intercept (0 is right)", *(f"{each.intercept:.2f}" for each in both)),
    ]
    for place, at in enumerate(both[0].at):
        told = (f"{100 * each.at[place].precision:.1f} %, {each.at[place].lift:.1f}" for each in both)
        lines.append((f"first {at.k}: share with the event, lift", *told))
    return lines


def chosen(
    found: Scored, segments: Mapping[str, Segmented], order: Sequence[str], model: str, segment: str = "",
    band: str = "",
) -> list[tuple[FirmScore, Segmented]]:  # fmt: skip
    """Scored firms that are there, by segment, then what rests on documents, then id: not by their score."""
    place = {code: i for i, code in enumerate(order)}

    def key(pair: tuple[FirmScore, Segmented]) -> tuple[Any, ...]:
        about = pair[1].known.assessed
        answered = about.profile.total.answered if about.profile else 0
        return (place.get(pair[1].code, len(place)), about.documented != "yes", -answered, pair[0].firm_id)

    pairs = [(each, segments[each.firm_id]) for each in found.scores if each.firm_id in segments]
    kept = [
        pair for pair in pairs if segment in ("", pair[1].code) and band in ("", found.band(pair[0], model))
    ]
    return sorted(kept, key=key)


def show_firms(found: Scored, pairs: Sequence[tuple[FirmScore, Segmented]], model: str, listed: int) -> None:
    """Firms with segment, readiness, probability, band and the largest reasons."""
    rows = [
        (
            one.firm_id,
            about.code,
            about.known.assessed.state,
            *(f"{100 * p:.1f}" for p in one.probability.values()),
            found.band(one, model),
            "; ".join(reason(each) for each in one.reasons[model][:3]),
        )
        for one, about in pairs[:listed]
    ]
    show.table(
        f"Firms by segment, not by score (the first {len(rows)} of {len(pairs):,}); reasons: "
        f"{DESCRIBES[model]}",
        ["firm", "segment", "readiness", *(f"{name}, %" for name in MODELS), "band", "reasons (log odds)"],
        rows,
        [3, 4],
    )


def title(feature: str) -> str:
    """A feature for a reader."""
    own = {AGE: "Age", ACTIVITY: "Industry", REGION: "Region"}
    return own.get(feature) or (
        ratios()[feature].title if feature in ratios() else feature.replace("-", " ").capitalize()
    )


def reason(each: Reason) -> str:
    """'Turnover per employee 152,000 +0.61'."""
    return f"{title(each.feature)} {_value(each.value)} {each.adds:+.2f}"


def _value(value: float | str | None) -> str:
    if value is None or isinstance(value, str):
        return value or "not known"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def as_csv(found: Scored, pairs: Sequence[tuple[FirmScore, Segmented]], model: str) -> str:
    """Every firm with its probabilities, band, segment, readiness and all reasons of a model."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["firm", "segment", "readiness", *MODELS, "band", *(f"adds {name}" for name in found.features)]
    )
    for one, about in pairs:
        adds = {each.feature: each.adds for each in one.reasons[model]}
        writer.writerow(
            [
                one.firm_id,
                about.code,
                about.known.assessed.state,
                *(f"{p:.6f}" for p in one.probability.values()),
                found.band(one, model),
                *(f"{adds[name]:.6f}" for name in found.features),
            ]
        )
    return out.getvalue()


def known_choices(model: str, band: str, segment: str) -> None:
    """Refuse a model, band or segment that there is not."""
    from firmtrade.support.rules.rule import read_rules

    segments = (*read_rules().segments, "undetermined")
    for what, name, known in (
        ("model", model, tuple(MODELS)),
        ("band", band, BANDS),
        ("segment", segment, segments),
    ):
        if name and name not in known:
            raise DataError(f"There is no {what} '{name}': {', '.join(known)}.{nearest(name, known)}")


def firms_json(
    found: Scored, pairs: Sequence[tuple[FirmScore, Segmented]], model: str
) -> list[dict[str, Any]]:
    """Firms for JSON, with segment, readiness, probabilities, band and reasons."""
    return [
        {
            "firm": one.firm_id,
            "segment": about.code,
            "readiness": about.known.assessed.state,
            "probability": _rounded(one.probability),
            "band": found.band(one, model),
            "reasons": [_rounded(vars(each)) for each in one.reasons[model]],
        }
        for one, about in pairs
    ]


def write(folder: Path, found: Scored, pairs: Sequence[tuple[FirmScore, Segmented]], model: str) -> None:
    """card.json and scores.csv in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(card(found), indent=2, ensure_ascii=False) + "\n"
    (folder / "card.json").write_text(text, encoding="utf-8", newline="\n")
    (folder / "scores.csv").write_text(as_csv(found, pairs, model), encoding="utf-8", newline="")
