"""One question under every registered definition of its words (Steegen and others 2016).

A word may have alternatives in the catalog (`kind = alternative`): another expression of a variable, or
another value of an option of the model. Each combination is a universe: the model is answered in each, and
what is told is the range of its answers, and which conclusions do not survive the choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from firmtrade._engine import expression
from firmtrade.catalog import Catalog, Definition
from firmtrade.classify.expand import Meaning, panel_columns
from firmtrade.errors import StudyError, Unanswerable
from firmtrade.estimate.kinds import kind_of
from firmtrade.estimate.lines import Line, table
from firmtrade.estimate.model import Model
from firmtrade.result import Cell, Chart, Evidence, Finding, Modelled, Result
from firmtrade.words import closure

#: More combinations than a reader can look at, or a machine should be asked for without being told.
MOST = 100
AS_DEFINED = "as the study defines"
SOURCE = "steegen-2016"
STATISTICS = ("estimate", "estimate-low", "estimate-high")
CONCLUSIONS = {"above": "above nought", "below": "below nought", "open": "cannot tell"}

One = Callable[[Meaning, Model], Modelled]


@dataclass(frozen=True)
class Universe:
    """One combination: the alternatives that are chosen (none: as the study defines)."""

    chosen: tuple[Definition, ...]

    @property
    def title(self) -> str:
        """The chosen definitions in words."""
        return "; ".join(word.title for word in self.chosen) or AS_DEFINED


@dataclass(frozen=True)
class Told:
    """The headline of one universe: an estimate with its interval, and what it concludes."""

    universe: str
    sample: str
    period: str
    codes: tuple[tuple[str, str], ...]
    value: float | None
    low: float | None
    high: float | None
    evidence: tuple[Evidence, Evidence, Evidence]
    unit: str
    decimals: int

    @property
    def conclusion(self) -> str:
        """'above' or 'below' nought where the interval says so, else 'open'."""
        if self.low is None or self.high is None:
            return "open"
        return "above" if self.low > 0 else "below" if self.high < 0 else "open"


def universes(model: Model, meaning: Meaning, have: Set[str], flags: Set[str]) -> tuple[Universe, ...]:
    """Every combination of the alternatives of the model's words and options, the study's own first.

    Left out are alternatives that need a column which the panel lacks, or an amount where it says only
    whether a firm traded (`flags`). Raises Unanswerable where nothing is left to choose, StudyError where
    there are more than MOST combinations.
    """
    choices: dict[str, list[Definition | None]] = {}
    for word in meaning.catalog.told("alternative"):
        if _concerns(word, model, meaning) and _can(word, model, meaning, have, flags):
            choices.setdefault(word.of, [None]).append(word)
    if not choices:
        raise Unanswerable(
            f"No word of {model.name} has an alternative definition that this panel can answer. "
            f"Give one under [alternatives] in the study: title, of, expr, source."
        )
    found = tuple(
        Universe(tuple(word for word in chosen if word is not None)) for chosen in product(*choices.values())
    )
    if len(found) > MOST:
        raise StudyError(
            f"{model.where}: its words have {len(found)} combinations of definitions; {MOST} are allowed."
        )
    return found


def _concerns(word: Definition, model: Model, meaning: Meaning) -> bool:
    """Whether an alternative is one of an option of the model, or of a variable that it reads."""
    if word.of in type(model.options).model_fields:
        return True
    variable = meaning.catalog.find(word.of, "variable")
    return variable is not None and variable.name in _read(model, meaning)


def _read(model: Model, meaning: Meaning) -> set[str]:
    """The variables behind what a model reads."""
    needs = kind_of(model.kind).needs(model)
    names = {
        node.name
        for text in (*needs.required.values(), *needs.optional.values())
        for node in expression.columns(expression.parse(text, model.where))
    }
    words = [meaning.catalog.find(name, "variable", "dimension", "sample") for name in sorted(names)]
    known = [word for word in words if word is not None]
    known += [meaning.catalog.get(name, "sample", where=model.where) for name in model.samples]
    return {word.name for word in closure(known, meaning.catalog) if word.kind == "variable"}


def _can(word: Definition, model: Model, meaning: Meaning, have: Set[str], flags: Set[str]) -> bool:
    if word.of in type(model.options).model_fields:
        return True
    needed = panel_columns(meaning.row(word.tree, word.where))
    return needed <= have and not needed & flags


def explore(model: Model, question: Model, meaning: Meaning, found: Iterable[Universe], one: One) -> Modelled:
    """The answers of all universes: the range as a figure, who concludes what as a table, what flips."""
    by_universe = {each.title: list(_told(question, each, meaning, one)) for each in found}
    silent = [title for title, lines in by_universe.items() if not lines]
    told = [line for lines in by_universe.values() for line in lines]
    if not told:
        raise Unanswerable(f"{question.name} has no answer under any of its definitions.")
    answers = _answers(told, meaning.catalog)
    tables = [
        _range(model, meaning.catalog, told, answers, silent),
        _concluded(model, meaning.catalog, told, answers),
    ]
    findings = [_finding(model, question, each, told, answers) for each in dict.fromkeys(answers.values())]
    return Modelled(
        name=model.name,
        kind=model.kind,
        title=model.title,
        tables=tuple(tables),
        findings=tuple(findings),
        methods=_methods(question, told),
        sources=(meaning.catalog.citation(SOURCE),),
    )


def _told(question: Model, universe: Universe, meaning: Meaning, one: One) -> Iterator[Told]:
    """The headline figures of a universe; none where it cannot be answered."""
    variables = [word for word in universe.chosen if word.of not in type(question.options).model_fields]
    options = {word.of: _value(word) for word in universe.chosen if word not in variables}
    chosen = replace(question, options=question.options.model_copy(update=options))
    there = replace(meaning, catalog=meaning.catalog.instead(*(word.name for word in variables)))
    answer = one(there, chosen)
    yield from headlines(answer, kind_of(question.kind).HEADLINE, universe.title)


def headlines(answer: Modelled, headline: tuple[str, str, str], universe: str) -> Iterator[Told]:
    """The figures of the statistic that a kind is answered by, with the ends of their intervals."""
    main, low, high = headline
    for result in answer.tables:
        cells = {_key(cell): cell for cell in result.cells}
        for cell in result.cells:
            if cell.measure != main:
                continue
            ends = [cells.get(_key(cell, name)) for name in (low, high)]
            found = [each or cell for each in ends]
            evidence = [each.evidence or Evidence("", 0) for each in (cell, *found)]
            yield Told(
                universe,
                cell.sample,
                cell.period,
                tuple(sorted(cell.codes.items())),
                cell.value,
                ends[0].value if ends[0] else None,
                ends[1].value if ends[1] else None,
                (evidence[0], evidence[1], evidence[2]),
                cell.unit,
                cell.decimals,
            )
        if any(cell.measure == main for cell in result.cells):
            return


def _key(cell: Cell, measure: str | None = None) -> tuple[Any, ...]:
    return (cell.sample, cell.period, tuple(sorted(cell.codes.items())), measure or cell.measure)


def _value(word: Definition) -> Any:
    return float(word.expr) if "." in word.expr else int(word.expr) if word.expr.isdigit() else word.expr


def _range(
    model: Model, catalog: Catalog, told: list[Told], answers: Mapping[Told, str], silent: list[str]
) -> Result:
    """Every estimate: universes are numbered, and the notes say what each number stands for."""
    titles = list(dict.fromkeys(each.universe for each in told))
    lines = [
        Line(each.sample, each.period, name, value, evidence, codes, each.unit, each.decimals)
        for each in told
        for codes in [{"answer": answers[each], "universe": str(titles.index(each.universe) + 1)}]
        for name, value, evidence in zip(
            STATISTICS, (each.value, each.low, each.high), each.evidence, strict=True
        )
    ]
    several = len({*answers.values()}) > 1
    chart = Chart("interval", "universe", None, "answer" if several else None, *STATISTICS)
    notes = [f"{at}: {title}." for at, title in enumerate(titles, 1)]
    notes += [f"No answer: {title}." for title in silent]
    rows = ("answer", "universe") if several else ("universe",)
    return table(
        model, catalog, "range", "The answer under each definition", lines, rows, chart=chart, notes=notes
    )


def _answers(told: list[Told], catalog: Catalog) -> dict[Told, str]:
    """What each headline is about, in words: only what tells those of one universe apart."""
    samples = len({each.sample for each in told}) > 1
    names = list(dict.fromkeys(name for each in told for name, _ in each.codes))
    varying = [name for name in names if len({dict(each.codes).get(name) for each in told}) > 1]
    return {
        each: ", ".join(
            [
                *([catalog.get(each.sample, "sample").title] if samples else []),
                *(_named(name, code, catalog) for name, code in each.codes if name in varying),
            ]
        )
        or catalog.get(each.sample, "sample").title
        for each in told
    }


def _named(name: str, code: str, catalog: Catalog) -> str:
    word = catalog.find(name, "dimension", "coordinate")
    other = catalog.find(code, "variable", "measure", "dimension", "sample")
    return (word.codes.get(code) if word else None) or (other.title if other else code)


def _concluded(model: Model, catalog: Catalog, told: list[Told], answers: Mapping[Told, str]) -> Result:
    """In how many universes each headline concludes what. A number of universes tells of no firm."""
    lines = []
    for answer in dict.fromkeys(answers[each] for each in told):
        same = [each for each in told if answers[each] == answer]
        weakest = min((each.evidence[0] for each in same), key=lambda evidence: evidence.firms)
        for conclusion in ("above", "below", "open"):
            count = sum(each.conclusion == conclusion for each in same)
            codes = {"answer": answer, "conclusion": conclusion}
            lines.append(Line(same[0].sample, same[0].period, "universes", float(count), weakest, codes))
    return table(
        model, catalog, "conclusions", "What the definitions conclude", lines, ("answer",), ("conclusion",)
    )


def _finding(
    model: Model, question: Model, answer: str, told: list[Told], answers: Mapping[Told, str]
) -> Finding:
    same = [(at, each) for at, each in enumerate(told) if answers[each] == answer]
    concluded = {each.conclusion for _, each in same}
    values = [each.value for _, each in same if each.value is not None]
    digits = same[0][1].decimals
    span = f"from {min(values):,.{digits}f} to {max(values):,.{digits}f}" if values else "without an estimate"
    if len(concluded) == 1:
        (verdict,) = concluded
        text = f"{answer}: {CONCLUSIONS[verdict]} under all {len(same)} combinations of definitions ({span})."
    else:
        verdict, first = "flips", same[0][1]
        others = [each.universe for _, each in same if each.conclusion != first.conclusion]
        text = (
            f"{answer}: the conclusion depends on the definitions ({span}). "
            f"It changes with: {' / '.join(others)}."
        )
    rests = tuple((f"{model.name}-range", 3 * at + part) for at, _ in same for part in range(3))
    return Finding(f"{question.name}: {answer}", verdict, text[:1].upper() + text[1:], rests)


def _methods(question: Model, told: list[Told]) -> str:
    count = len({each.universe for each in told})
    return (
        f"The question '{question.title}' was answered under {count} combinations of the definitions that "
        f"are registered for its words and options, each with the data that it selects. No combination was "
        f"left out because of its answer."
    )
