"""Why a sum breaks a rule, in words and numbers, without naming a firm."""

from __future__ import annotations

from firmtrade.protect.evidence import Evidence
from firmtrade.protect.rules import Rule


def broken(name: str, rule: Rule | None, evidence: Evidence, column: int) -> str:
    """How far the sum in `column` is from what `rule` asks; `rule` is None for a reason that is no rule."""
    if rule is None:
        return name
    units, total = int(evidence.units[column]), int(evidence.total[column])
    largest = [int(value) for value in evidence.largest[column]]
    if rule.kind == "frequency":
        least = rule.whole("least")
        return f"{_holdings(units)}: {least - units} short of the {least} that {rule.name} asks for"
    if rule.kind == "percent" and units < 3:
        alone = (
            "one holding is the whole figure"
            if units == 1
            else "each of two holdings knows the other's value"
        )
        return f"{alone} ({rule.name})"
    if rule.kind == "percent":
        # What the second largest cannot account for, in per cent of the largest: how well it can estimate it.
        near = 100 * max(0, total - largest[0] - largest[1]) / largest[0]
        return (
            f"the second largest of {_holdings(units)} can estimate the largest to within {near:.3g} per cent"
            f"; {rule.name} asks for {float(rule['percent']):g}"
        )
    if rule.kind == "dominance":
        first = rule.whole("largest")
        share = 100 * sum(largest[:first]) / total
        who = "the largest holding has" if first == 1 else f"the {first} largest holdings have"
        return f"{who} {share:.3g} per cent; {rule.name} allows {float(rule['percent']):g}"
    if rule.kind == "request":
        share = 100 * int(evidence.asked[column]) / total if total else 0.0
        return (
            f"a holding that asked for confidentiality has {share:.3g} per cent of {_holdings(units)}; "
            f"{rule.name} allows {float(rule['percent']):g} where there are at least {rule.whole('least')}"
        )
    return rule.title[:1].lower() + rule.title[1:] + f" ({rule.name})"


def _holdings(number: int) -> str:
    return "1 holding" if number == 1 else f"{number:,} holdings"
