"""Why a figure is hidden, in plain words, from what the custodian keeps. It names no firm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from firmtrade.errors import StudyError, nearest
from firmtrade.protect.inside import Figure, HiddenSum, Inside
from firmtrade.result import TOTAL

MOST = 12  # figures that are told in full; more are listed by their words
FIELDS = ("sample", "period", "measure")
FAR = 1000  # times the value: an interval that wide is not worth its digits


def why(found: Inside, table: str, words: Sequence[str]) -> list[str]:
    """What is said of the figures of `table` that fit `words`: dimension=code, measure=..., period=...

    Without words the hidden figures of the table are told. A dimension that no word names may have any code.
    """
    titles = {cost.table: cost.title for cost in found.costs}
    if table not in titles:
        raise StudyError(
            f"There is no table '{table}' in this release.{nearest(table, titles)} "
            f"Tables: {', '.join(sorted(titles))}."
        )
    figures = [figure for figure in found.figures if figure.table == table]
    for name, code in _asked(words, figures):
        figures = [figure for figure in figures if _of(figure, name) == code]
    if not figures:
        raise StudyError(
            f"{table} has no figure with {' '.join(words)}: each of these words is in the table, but no "
            f"figure has all of them. Leave one out."
        )
    hidden = [figure for figure in figures if figure.status != "F"]
    lines = [f"{table}: {titles[table]}", f"{len(hidden)} of {len(figures)} figures asked about are hidden."]
    if not hidden:
        lines += ["", *(_shown(figure) for figure in figures[:MOST]), *_more(figures, MOST)]
    for figure in hidden[:MOST]:
        lines += ["", *_told(figure, found.sums)]
    return [*lines, *_more(hidden, MOST)]


def _asked(words: Sequence[str], figures: Iterable[Figure]) -> list[tuple[str, str]]:
    """(name, code) of each word; a name or code that the table lacks is an error with the nearest one."""
    codes: dict[str, set[str]] = {}
    for figure in figures:
        for name, code in (*figure.codes.items(), *((name, _of(figure, name)) for name in FIELDS)):
            codes.setdefault(name, set()).add(code)
    asked = []
    for word in words:
        name, equals, code = word.partition("=")
        if not equals:
            raise StudyError(f"'{word}' is not written name=code, such as size=0-9 or measure=firms.")
        if name not in codes:
            raise StudyError(
                f"The table has no '{name}'.{nearest(name, codes)} It has: {', '.join(sorted(codes))}."
            )
        known = codes[name] | {TOTAL}
        if code not in known:
            raise StudyError(
                f"'{code}' is not a code of {name} in this table.{nearest(code, known)} "
                f"Codes: {', '.join(sorted(known))}."
            )
        asked.append((name, code))
    return asked


def _of(figure: Figure, name: str) -> str:
    return str(getattr(figure, name)) if name in FIELDS else figure.codes.get(name, TOTAL)


def _more(figures: Sequence[Figure], most: int) -> list[str]:
    left = figures[most:]
    return ["", f"and {len(left)} more. Name one with size=..., flow=..., measure=..."] if left else []


def _shown(figure: Figure) -> str:
    if figure.value is None:
        return f"{figure.words}: there is no such figure (no firm in the group, or not defined for it)."
    return f"{figure.words}: shown, {_number(figure.value)}{_unit(figure)}. Nothing about it is hidden."


def _told(figure: Figure, sums: Sequence[HiddenSum]) -> list[str]:
    value = "no value" if figure.value is None else f"{_number(figure.value)}{_unit(figure)}"
    lines = [f"{figure.words}, {figure.who}: hidden ({figure.status}), true value {value}"]
    if not figure.sums:
        return [*lines, *(f"  {rule}" for rule in figure.rules)]
    for number in figure.sums:
        lines += _because(sums[number], sums)
    return lines


def _because(one: HiddenSum, sums: Sequence[HiddenSum]) -> list[str]:
    lines = [f"  {one.what}, {one.words} ({one.who}) is {_number(one.value)}"]
    low, high = (_number(end) for end in one.proven)
    left = f"    An attacker knows no more than that it is between {low} and {high}"
    if one.proven[1] - one.proven[0] > FAR * max(1.0, abs(one.value)):
        left = f"    An attacker is left with an interval more than {FAR:,} times as wide as the value"
    if one.rules:
        least, most = (_number(end) for end in one.wanted)
        lines += [f"    Unsafe: {reason}." for reason in one.reasons]
        lines.append(f"{left}; everything from {least} to {most} must stay possible.")
        if one.needs:
            lines.append(f"    {_sums(len(one.needs))} hidden for its sake.")
        return lines
    if one.protects:
        protected = "; ".join(f"{sums[n].what}, {sums[n].words}" for n in one.protects[:3])
        more = f" and {len(one.protects) - 3} more" if len(one.protects) > 3 else ""
        lines.append(f"    Safe by itself, hidden so that these cannot be worked out: {protected}{more}.")
    else:
        lines.append("    Safe by itself, hidden so that others cannot be worked out.")
    return [*lines, f"{left}."]


def _sums(number: int) -> str:
    return "1 other sum is" if number == 1 else f"{number} other sums are"


def _unit(figure: Figure) -> str:
    return "" if figure.unit == "count" else f" {figure.unit}"


def _number(value: float) -> str:
    """A value with as many digits as a person reads."""
    return f"{value:,.2f}".removesuffix(".00")
