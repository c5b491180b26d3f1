"""The words: definitions from TOML, checked on loading, looked up with the nearest known name.

A definition says what one word means (`name, kind, title, expr, unit, source`). The catalog holds the
built-in words and those of one study, which may add to them or replace them. What a word needs and
uses, and whether it may be added up, is read off its expression. What a model tells is a statistic, and
what tells its figures apart a coordinate: these have none, for the model works them out.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from firmtrade._engine import expression
from firmtrade.errors import StudyError, nearest

T = TypeVar("T")

DEFINITIONS = Path(__file__).parent / "definitions"
KINDS = (
    "parameter",
    "variable",
    "dimension",
    "measure",
    "sample",
    "rule",
    "source",
    "statistic",
    "coordinate",
    "alternative",
)

#: Aggregates that a variable may take over the years of a firm.
HISTORIES = ("count", "max", "min", "sum")

#: Codes of every dimension: not broken down, and the firms whose group is not known.
TOTAL, UNKNOWN = "_T", "unknown"

#: What a trade register has beside the panel: a row for each firm, year, flow and partner (or product).
RELATIONS = ("partners", "products")

#: Fields of a definition by kind: those that it must have, and those that it may have.
_REQUIRED = {
    "parameter": {"title", "unit", "source", "values"},
    "variable": {"title", "expr", "source"},
    "dimension": {"title", "source"},
    "measure": {"title", "expr", "unit", "source"},
    "sample": {"title", "expr", "source"},
    "rule": {"title", "rule", "source", "values"},
    "source": {"title"},
    "statistic": {"title", "text", "unit", "source"},
    "coordinate": {"title", "source"},
    "alternative": {"title", "of", "expr", "source"},
}
_OPTIONAL = {
    "parameter": {"text"},
    "variable": {"text", "unit"},
    "dimension": {"text", "expr", "groups", "codes", "like", "relation", "key", "classifications"},
    "measure": {"text", "decimals"},
    "sample": {"text", "relation"},
    "rule": {"text"},
    "source": {"text", "url", "doi"},
    "statistic": {"decimals"},
    "coordinate": {"text", "codes"},
    "alternative": {"text"},
}


@dataclass(frozen=True)
class Dated:
    """A parameter's value from the first of January of a year on; None ends it."""

    since: int
    value: float | None
    source: str


@dataclass(frozen=True)
class Definition:
    """One word. `groups` are conditions by code (overlapping); `codes` are labels by code.

    `relation`: a sample's rows, or a dimension's, are not firms but a firm's partners, or its products.
    `key` is the column of such rows of which each code is a value, but for codes that have a group.
    """

    name: str
    kind: str
    title: str
    where: str
    expr: str = ""
    unit: str = ""
    source: str = ""
    text: str = ""
    decimals: int = 1
    groups: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)
    classification: bool = False
    values: tuple[Dated, ...] = ()
    link: str = ""
    relation: str = ""
    key: str = ""
    classifications: tuple[str, ...] = ()  # of whose activity codes a dimension speaks; none: of any
    of: str = ""  # what an alternative stands for: a variable, or an option of a kind of model

    @property
    def tree(self) -> expression.Tree:
        """The parsed expression."""
        return expression.parse(self.expr, self.where)

    def group(self, code: str) -> expression.Tree:
        """The parsed condition of one of the overlapping groups, or of a union of them ('a | b')."""
        codes = [part.strip() for part in code.split("|")]
        for part in codes:
            if part not in self.groups:
                raise StudyError(f"{self.where}: no code '{part}'.{nearest(part, self.groups)}")
        one = len(codes) == 1
        text = self.groups[codes[0]] if one else " or ".join(f"({self.groups[part]})" for part in codes)
        return expression.parse(text, f"{self.where}, {code}")

    @property
    def overlaps(self) -> bool:
        """Whether a firm may have several of the codes, so that they cannot be added up."""
        return bool(self.groups)

    def value(self, year: int) -> float:
        """A parameter's value in a year."""
        found = [dated for dated in self.values if dated.since <= year]
        if not found:
            raise StudyError(
                f"{self.where} has no value for {year}; the first starts in {self.values[0].since}. "
                f"Add one with its source, or leave the year out."
            )
        if found[-1].value is None:
            raise StudyError(
                f"{self.where} has no value for {year}; it ended in {found[-1].since}. "
                f"Add one with its source, or leave the year out."
            )
        return found[-1].value


class Catalog:
    """All definitions that a study can see, by kind and name."""

    def __init__(self, definitions: Mapping[tuple[str, str], Definition]) -> None:
        self._words = dict(definitions)
        self._ordered = sorted(self._words.values(), key=lambda word: (KINDS.index(word.kind), word.name))
        self._facts: dict[Any, Any] = {}
        self._found: dict[tuple[str, tuple[str, ...]], Definition | None] = {}

    @classmethod
    def load(cls, local: Mapping[str, Any] | None = None, file: str = "study.toml") -> Catalog:
        """The built-in definitions, with a study's own (`{"measures": {...}}`) added or replacing."""
        words: dict[tuple[str, str], Definition] = {}
        for kind in KINDS:
            path = DEFINITIONS / f"{kind}s.toml"
            entries = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
            for name, entry in entries.items():
                words[kind, name] = _definition(kind, name, entry, f"{path.name}, [{name}]")
            for name, entry in (local or {}).get(f"{kind}s", {}).items():
                words[kind, name] = _definition(kind, name, entry, f"{file}, [{kind}s.{name}]")
        return cls(_coded(_alike(words))).checked()

    def checked(self) -> Catalog:
        """This catalog, after refusing sources that are not there and expressions that cannot be read."""
        for word in self:
            if word.kind != "source":
                self.citation(word.source, word.where)
            for dated in word.values:
                self.citation(dated.source, word.where)
            if word.expr:
                _check_rows(word, word.tree)
            for code in word.groups:
                _check_rows(word, word.group(code))
        return self

    def __iter__(self) -> Iterator[Definition]:
        return iter(self._ordered)

    def told(self, kind: str) -> list[Definition]:
        """The words of a kind in the order in which the files tell them, the study's own last."""
        return [word for word in self._words.values() if word.kind == kind]

    def find(self, name: str, *kinds: str) -> Definition | None:
        """The definition of `name` (hyphens and underscores are one) in the first kind that has it."""
        asked = (name, kinds)
        if asked not in self._found:
            plain = name.replace("_", "-")
            found = (self._words.get((kind, plain)) for kind in kinds or KINDS)
            self._found[asked] = next((word for word in found if word is not None), None)
        return self._found[asked]

    def get(self, name: str, *kinds: str, where: str = "") -> Definition:
        """As `find`, but an unknown name is an error that offers the nearest known one."""
        found = self.find(name, *kinds)
        if found is None:
            known = self.names(*kinds)
            what = " or ".join(kinds) if kinds else "definition"
            raise StudyError(
                f"{where + ': ' if where else ''}there is no {what} '{name}'.{nearest(name, known)} "
                f"See all names: firmtrade list"
            )
        return found

    def names(self, *kinds: str) -> list[str]:
        """All names of these kinds, sorted."""
        return sorted(word.name for word in self if not kinds or word.kind in kinds)

    def citation(self, source: str, where: str = "") -> str:
        """'report#5.3' as a reader sees it: title of the source and place."""
        key, _, place = source.partition("#")
        word = self.get(key, "source", where=where)
        return f"{word.title}, {place}" if place else word.title

    def instead(self, *alternatives: str) -> Catalog:
        """The catalog in which these alternatives stand for the variables that they are alternatives of."""
        words = dict(self._words)
        for name in alternatives:
            other = self.get(name, "alternative")
            word = self.get(other.of, "variable", where=other.where)
            words["variable", word.name] = replace(
                word, expr=other.expr, title=other.title, where=other.where, source=other.source
            )
        return Catalog(words).checked()

    def remember(self, key: Any, work: Callable[[], T]) -> T:
        """What `work` finds about the words, worked out once: a study asks thousands of times."""
        if key not in self._facts:
            self._facts[key] = work()
        return self._facts[key]  # type: ignore[no-any-return]

    def hash(self) -> str:
        """SHA-256 over every word, so that a release says which definitions made it.

        Where a word is written does not matter: a study file may be renamed.
        """
        text = "\n".join(repr(replace(word, where="")) for word in self)
        return hashlib.sha256(text.encode()).hexdigest()


def _definition(kind: str, name: str, entry: object, where: str) -> Definition:
    """Check one TOML entry's fields and make it a Definition."""
    if not isinstance(entry, dict):
        raise StudyError(f"{where} must be a table with {', '.join(sorted(_REQUIRED[kind]))}.")
    if not re.fullmatch("[a-z0-9][a-z0-9-]*", name):
        raise StudyError(f"{where}: a name has lower-case letters, digits and hyphens only.")
    known = _REQUIRED[kind] | _OPTIONAL[kind]
    for key in entry:
        if key not in known:
            raise StudyError(f"{where}: '{key}' is not a field of a {kind}.{nearest(key, known)}")
    lacking = sorted(_REQUIRED[kind] - entry.keys())
    if lacking:
        raise StudyError(f"{where} lacks {' and '.join(lacking)}. Every {kind} has them.")
    fields = dict(entry)
    like, codes = fields.pop("like", ""), fields.pop("codes", {})
    if isinstance(codes, str) and codes != "classification":
        raise StudyError(
            f"{where}: codes = '{codes}' is no list of codes. Write  codes = {{ code = \"label\" }},  or "
            '"classification" for the codes of the panel\'s activities.'
        )
    if "key" in fields:
        own = {code: f"{fields['key']} = {expression.quoted(code)}" for code in codes}
        fields["groups"] = {**own, **fields.get("groups", {})}
    if fields.get("relation", RELATIONS[0]) not in RELATIONS:
        found = fields["relation"]
        raise StudyError(f"{where}: there is no relation '{found}'.{nearest(found, RELATIONS)}")
    if kind == "rule":
        fields = _rule(fields)
    fields["classifications"] = tuple(fields.get("classifications", ()))
    fields["values"] = tuple(_dated(value, where) for value in fields.get("values", ()))
    fields["link"] = fields.pop("url", "") or (
        f"https://doi.org/{fields.pop('doi')}" if "doi" in fields else ""
    )
    if "expr" in fields:
        fields["expr"] = " ".join(str(fields["expr"]).split())
        if not fields["expr"]:
            raise StudyError(f"{where}: expr is empty. It is what the word means: firmtrade explain firms")
    if like:
        fields["expr"] = f"like {like}"
    return Definition(
        name=name,
        kind=kind,
        where=where,
        classification=codes == "classification",
        codes={} if codes == "classification" else codes,
        **fields,
    )


def _rule(fields: dict[str, Any]) -> dict[str, Any]:
    """A rule's numbers as text; what they mean is known to `firmtrade.protect` only."""
    test, values = fields.pop("rule"), fields.pop("values")
    numbers = {key: value for key, value in values[-1].items() if key not in ("from", "source")}
    said = "; ".join([test, *(f"{key} {value}" for key, value in numbers.items())])
    dated = [{"from": value.get("from"), "source": value.get("source")} for value in values]
    return fields | {"text": fields.get("text", "") or f"{said}.", "values": dated}


def _dated(value: Mapping[str, Any], where: str) -> Dated:
    try:
        return Dated(int(value["from"]), value.get("value"), value["source"])
    except (KeyError, TypeError, ValueError):
        raise StudyError(
            f'{where}: a value is written {{ from = YEAR, value = NUMBER, source = "..." }}.'
        ) from None


def _alike(words: dict[tuple[str, str], Definition]) -> dict[tuple[str, str], Definition]:
    """Give dimensions that are `like` another its groups, expression and codes."""
    for key, word in words.items():
        if word.kind == "dimension" and word.expr.startswith("like "):
            model = words.get(("dimension", word.expr.removeprefix("like ")))
            if model is None:
                raise StudyError(f"{word.where}: like = '{word.expr[5:]}' names no dimension.")
            words[key] = replace(
                word,
                expr=model.expr,
                groups=model.groups,
                relation=model.relation,
                key=model.key,
                classifications=model.classifications,
                codes=word.codes or model.codes,
            )
        elif word.kind == "dimension" and bool(word.expr) == bool(word.groups):
            raise StudyError(
                f"{word.where} needs either expr (one code a firm) or groups (a condition for each code)."
            )
    return words


def _coded(words: dict[tuple[str, str], Definition]) -> dict[tuple[str, str], Definition]:
    """Give dimensions without codes those of their CASE; refuse a code that is not on the closed list."""
    for key, word in words.items():
        if word.kind == "dimension":
            _check_codes(word)
        if word.kind != "dimension" or word.overlaps or word.classification:
            continue
        cases = expression.cases(word.tree)
        if cases is None and not word.codes:
            raise StudyError(
                f"{word.where} needs codes, the closed list of what its expression gives: "
                f'codes = {{ code = "label" }}.'
            )
        found = dict.fromkeys(code for _, code in cases or ())
        lacking = [code for code in found if word.codes and code not in word.codes]
        if lacking:
            raise StudyError(
                f"{word.where}: the expression gives '{lacking[0]}', which is not among the codes "
                f"{', '.join(word.codes)}.{nearest(lacking[0], word.codes)}"
            )
        words[key] = replace(word, codes=word.codes or {code: code for code in found})
    return words


def _check_codes(word: Definition) -> None:
    """Codes that stand for something else, or could not be told from a union, are refused."""
    cases = [] if word.overlaps or not word.expr else expression.cases(word.tree) or []
    given = [*word.codes, *word.groups, *(code for _, code in cases)]
    for code in given:
        if code == TOTAL or "|" in code or (code == UNKNOWN and not word.overlaps):
            raise StudyError(
                f"{word.where}: '{code}' cannot be a code. '{TOTAL}' is the total, '{UNKNOWN}' what no case "
                f"says (leave it out of the expression), and '|' joins codes."
            )
        if code.startswith(("=", "+", "-", "@")):
            raise StudyError(
                f"{word.where}: the code '{code}' starts as a formula does, which a spreadsheet would run "
                "when it opens tables.csv. Let it start with a letter or a digit."
            )


def _check_rows(word: Definition, tree: expression.Tree) -> None:
    """Only measures look at many firms, and only variables at the years of one."""
    found = expression.aggregates(tree) if word.kind != "measure" else []
    if found and word.kind != "variable":
        raise StudyError(
            f"{word.where}: '{expression.written(found[0])}' looks at several rows, a {word.kind} at one "
            f"firm in one year. What a firm's other years say is a variable of its own, whose name can stand "
            f"here."
        )
    for node in found:
        name = expression.split_aggregate(node)[0]
        if name not in HISTORIES:
            raise StudyError(
                f"{word.where}: '{name}' cannot be taken over a firm's years; {', '.join(HISTORIES)} can."
            )
