"""Opening outcomes: a stored specification, and nothing else, becomes an estimate; every opening is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from firmtrade.errors import DataError
from firmtrade.estimate.learning.events import Effect
from firmtrade.estimate.learning.trends import Wald
from firmtrade.support.impact.arms import Arms, arms
from firmtrade.support.impact.compare import Compared, compared
from firmtrade.support.impact.cost import PerAdditional, Spent, per_additional, spent
from firmtrade.support.impact.estimate import Estimated, before, estimated
from firmtrade.support.impact.judge import IMPACT, Judged, family, judge, may_say, p_value, said
from firmtrade.support.impact.outcomes import Records, outcome, records
from firmtrade.support.impact.power import detectable_mean, detectable_share
from firmtrade.support.impact.specification import Specification, Stored, read, stored
from firmtrade.support.impact.spill import Spill, owners, spill
from firmtrade.support.register.register import Register
from firmtrade.support.register.rows import Row


@dataclass(frozen=True)
class Planned:
    """What the study can show, worked out without any outcome of the firms after their support.

    `detectable`: the smallest effect that would be shown, by the share expected without support (several
    where the specification says none), or by the spread of the outcome before. `enough`: whether that is
    no more than what would matter; None where the specification does not say.
    """

    supported: int
    others: int
    detectable: Mapping[str, float | None]
    matters: float | None
    enough: bool | None
    left_out: Mapping[str, int]
    took_up: float | None


@dataclass(frozen=True, eq=False)
class Impact:
    """An opened evaluation. `found` is None below the least number of firms: then there are counts only.

    `tries`: specifications of the same measures opened so far, this one among them; `p` is the p-value of
    no effect, `p_family` the one that allows for the tries.
    """

    stored: Stored
    planned: Planned
    judged: Judged | None
    found: Estimated | None
    placebos: Mapping[str, Wald]
    cost: PerAdditional | None
    spill: Spill
    unlinked: Effect | None
    tries: int
    before: int
    until: int
    number: int = 0
    p: float = float("nan")
    p_family: float = float("nan")
    sentence: str = ""
    result: str = field(default="", repr=False)


def planned(register: Register, asked: Specification, who: Arms | None = None) -> Planned:
    """The power of a specification. Reads who was supported and who was not, and no outcome after that."""
    who = who or arms(register, asked)
    mine, others = len(who.supported), len(who.compared - who.supported) or len(who.compared)
    if asked.share:
        bases = (0.05, 0.1, 0.2) if asked.expected is None else (asked.expected,)
        shown = {f"{100 * base:g} % without support": detectable_share(base, mine, others) for base in bases}
    else:
        spread = _spread(register, asked, who)
        shown = {f"a spread of {spread:.3g} before": detectable_mean(spread, mine, others)}
    known = [value for value in shown.values() if value is not None]
    enough = None if asked.matters is None or not known else max(known) <= asked.matters
    return Planned(mine, others, shown, asked.matters, enough, who.left_out, who.took_up)


def _spread(register: Register, asked: Specification, who: Arms) -> float:
    """Standard deviation of the change of the outcome over the horizon, before anybody was supported."""
    first = min(who.starts.values())
    found = records(register, first - 1, (asked.outcome,))
    values = outcome(found, sorted(who.supported | who.compared), asked.outcome)
    back = min(asked.horizon + 1, values.shape[1] - 1)
    if back < 1:
        return float("nan")
    change = values[:, -1] - values[:, -1 - back]
    change = change[np.isfinite(change)]
    return float(change.std()) if len(change) > 1 else float("nan")


def open_outcomes(register: Register, name: str, day: date) -> Impact:
    """Open the outcomes of a stored specification, with all trade before `day`, and keep what comes out.

    Raises DataError where nothing of that name is stored. The same result again is not written down twice.
    """
    kept = stored(register, name)
    asked = kept.specification
    until = register.horizon(day)
    if until is None:
        raise DataError("The register has no year of trade yet: there is no outcome to open.")
    made = _compute(register, kept, asked, until)
    return _write(register, made)


def _compute(register: Register, kept: Stored, asked: Specification, until: int) -> Impact:
    who = arms(register, asked)
    plan = planned(register, asked, who)
    found = records(register, until, (asked.outcome, *asked.checks, *asked.covariates))
    groups = owners(register)
    around = spill(register, found, who, groups)
    tries, earlier = _tries(register, kept)
    bare = Impact(kept, plan, None, None, {}, None, around, None, tries, earlier, until)
    if min(plan.supported, plan.others) < asked.least:
        text = (f"No estimate: {plan.supported} supported firms and {plan.others} to compare with; "
                f"{asked.least} of each are needed. These are cases, not figures.")  # fmt: skip
        return replace(bare, sentence=text)
    whole = compared(found, who, asked, owners=groups)
    result = estimated(whole, asked.horizon, asked.lead)
    placebos = {
        each: before(_path(compared(found, who, asked, each, owners=groups), asked)) for each in asked.checks
    }
    judged = judge(result, asked, placebos, earlier, kept.known_until)
    p = p_value(result.average.att, result.average.std_error)
    return replace(
        bare,
        judged=judged,
        found=result,
        placebos=placebos,
        cost=_cost(register, asked, who, result) if judged.word == IMPACT else None,
        unlinked=_unlinked(found, who, asked, around),
        p=p,
        p_family=family(p, tries),
        sentence=said(result, asked, judged),
    )


def _path(found: Compared, asked: Specification) -> Any:
    from firmtrade.estimate.learning.events import event_path

    return event_path(found.effects, -asked.lead - 1, asked.horizon)


def _unlinked(found: Records, who: Arms, asked: Specification, around: Spill) -> Effect | None:
    """The effect without comparison firms that are linked to supported ones; None where there are none."""
    if not around.linked:
        return None
    part = compared(found, who, asked, without=frozenset(around.linked))
    return estimated(part, asked.horizon, asked.lead, sensitivity=False).average


def _cost(register: Register, asked: Specification, who: Arms, result: Estimated) -> PerAdditional | None:
    """The cost of one more at the horizon, of an outcome that is yes or no."""
    effect = result.at_horizon
    if not asked.share or effect is None or not np.isfinite(effect.att):
        return None
    starts = {firm: who.starts[firm] for firm in who.supported}
    paid: Spent = spent(register, asked.measures, starts, asked.horizon)
    return per_additional(paid, effect.att, effect.low, effect.high, len(starts))


def _tries(register: Register, kept: Stored) -> tuple[int, int]:
    """(specifications of the same measures opened so far with this one, openings before this was stored)."""
    about = {row["id"] for row in register.read("specifications")
             if set(read(row["spec"]).measures) & set(kept.specification.measures)}  # fmt: skip
    opened = [row for row in register.read("openings") if row["specification_id"] in about]
    earlier = sum(
        row["recorded_at"] < kept.stored_at and row["specification_id"] != kept.id for row in opened
    )
    return len({row["specification_id"] for row in opened} | {kept.id}), earlier


def _write(register: Register, made: Impact) -> Impact:
    """Keep the result, unless it is that of the last opening."""
    text = json.dumps(plain(made), sort_keys=True, ensure_ascii=False)
    done = sorted(register.read("openings", specification_id=made.stored.id), key=lambda row: row["number"])
    if done and done[-1]["result"] == text:
        return replace(made, number=done[-1]["number"], result=text)
    number = len(done) + 1
    register.add("openings", specification_id=made.stored.id, number=number, result=text,
                 result_hash=hashlib.sha256(text.encode()).hexdigest())  # fmt: skip
    return replace(made, number=number, result=text)


def openings(register: Register) -> list[tuple[Row, Specification]]:
    """All openings in the order in which they happened, each with its specification."""
    about = {row["id"]: read(row["spec"]) for row in register.read("specifications")}
    found = sorted(register.read("openings"), key=lambda row: (row["recorded_at"], row["id"]))
    return [(row, about[row["specification_id"]]) for row in found]


def plain(made: Impact) -> dict[str, Any]:
    """An opened evaluation as JSON: specification, plan, result, checks, cost, warnings."""
    found = made.found
    return {
        "specification": {
            "id": made.stored.id,
            "hash": made.stored.specification.hash,
            "stored_at": made.stored.stored_at.isoformat(),
            "stored_by": made.stored.stored_by,
            "trade_known_until": made.stored.known_until,
            **asdict(made.stored.specification),
        },
        "planned": _plain(made.planned),
        "trade_until": made.until,
        "tries_of_these_measures": made.tries,
        "opened_before_it_was_stored": made.before,
        "sentence": made.sentence,
        "judged": None if made.judged is None else {**_plain(made.judged), "grade": made.judged.grade},
        "effect": None if found is None else _effect(found.average),
        "p": _number(made.p),
        "p_for_all_tries": _number(made.p_family),
        "by_group": [] if found is None else [_effect(each) for each in found.groups],
        "by_year_since": [] if found is None else [_effect(each) for each in found.events],
        "before": {
            name: _plain(test)
            for name, test in (
                {} if found is None else {made.stored.specification.outcome: found.joint, **made.placebos}
            ).items()
        },
        "slope_before": None if found is None or found.slope is None else _plain(found.slope),
        "breakdown": None if found is None else _number(found.breakdown),
        "detectable": None if found is None else _number(found.detectable),
        "known_at_the_horizon": None if found is None else _plain(found.observed),
        "not_to_trust": None if found is None else _plain(found.untrusted),
        "cost": None if made.cost is None else _plain(made.cost),
        "without_linked_firms": None if made.unlinked is None else _effect(made.unlinked),
        "warnings": made.spill.warnings(),
    }


def _effect(each: Effect) -> dict[str, Any]:
    return {"key": each.key, "effect": _number(each.att), "std_error": _number(each.std_error),
            "low": _number(each.low), "high": _number(each.high), "supported": each.treated,
            "others": each.firms - each.treated}  # fmt: skip


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(each) for name, each in asdict(value).items()}
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return _number(value) if isinstance(value, float) else value


def _number(value: float | None) -> float | str | None:
    """A number for JSON, to nine digits, so that the same figures give the same text; null for none."""
    if value is None or np.isnan(value):
        return None
    return ("infinite" if value > 0 else "-infinite") if np.isinf(value) else float(f"{value:.9g}")


def plan_json(plan: Planned) -> dict[str, Any]:
    """A plan for JSON."""
    found: dict[str, Any] = _plain(plan)
    return found


def _bounds(effect: Mapping[str, Any] | None) -> tuple[float | None, float | None]:
    return (None, None) if effect is None else (effect["low"], effect["high"])


def overview(register: Register) -> list[dict[str, Any]]:
    """Every stored specification, with how often it was opened and what the last opening found."""
    last = {
        row["specification_id"]: (row["number"], json.loads(row["result"])) for row, _ in openings(register)
    }
    found = []
    for row in sorted(register.read("specifications"), key=lambda each: (each["recorded_at"], each["id"])):
        number, result = last.get(row["id"], (0, {}))
        judged = result.get("judged") or {}
        found.append(
            {
                "id": row["id"],
                "question": row["question"],
                "stored_at": row["recorded_at"].isoformat(),
                "opened": number,
                "word": judged.get("word"),
                "said": may_say(judged.get("word"), *_bounds(result.get("effect"))),
                "level": judged.get("level"),
            }
        )
    return found
