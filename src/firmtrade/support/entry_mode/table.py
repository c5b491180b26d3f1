"""Table 33 counted: marks for high and for low control, what unknown answers could change, what is pivotal.

The table gives marks and no weights, so every variable counts once; no weight is invented. H and L come
first, then the index (H - L) / (H + L). The bands (a third), the least number of answers and the second
view (the mean of the three blocks) are conventions of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import comb
from typing import Literal

from firmtrade.errors import DataError, nearest
from firmtrade.support.words import HERE, Part, checked, read_toml

FOLDER = HERE / "entry_mode"
HIGH, MIXED, LOW, NONE = "high", "mixed", "low", "none"
#: From this index on the band is high, from its negative on low.
EDGE = Fraction(1, 3)
#: Fewer answers than this give no band.
LEAST = 7
UNKNOWN = "unknown"


class Row(Part):
    """A printed row: one X under high or low control; `certain` if the extract shows under which."""

    row: int
    block: str
    heading: str
    level: str
    variable: str
    answer: str
    control: Literal["high", "low"]
    certain: bool
    repeated: bool = False


class Variable(Part):
    """What is asked of a firm and a market. With `parts` each is asked; if they differ there is no vote."""

    question: str
    parts: tuple[str, ...] = ()


class Table(Part):
    """The printed table and the questions that its 13 distinct variables make."""

    title: str
    source: str
    place: str
    blocks: Mapping[str, str]
    rows: tuple[Row, ...]
    variables: Mapping[str, Variable]

    def of(self, variable: str) -> list[Row]:
        """The rows of a variable, without the repetition."""
        return [row for row in self.rows if row.variable == variable and not row.repeated]

    def asked(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Question -> (its variable, the answers it may have); a variable with parts has a question each."""
        found = {}
        for name, variable in self.variables.items():
            for part in variable.parts or (name,):
                found[part] = (name, tuple(row.answer for row in self.of(name)))
        return found


@cache
def table33() -> Table:
    """The table as it is shipped."""
    return checked(Table, read_toml(FOLDER / "table33.toml"), "table33.toml")


@dataclass(frozen=True)
class Vote:
    """A variable's vote: +1 for high control, -1 for low, 0 for none; `why` where there is none."""

    variable: str
    block: str
    vote: int
    certain: bool
    why: str = ""


@dataclass(frozen=True)
class Pivots:
    """The smallest number of answers whose change moves the band, and to which.

    Every set of `size` answers out of `among` does. Size 0: there is no band to move.
    """

    size: int
    among: tuple[str, ...]
    to: str

    @property
    def sets(self) -> int:
        """How many smallest sets there are."""
        return comb(len(self.among), self.size) if self.size else 0


@dataclass(frozen=True)
class Control:
    """What the answers say of the degree of control.

    `high` and `low` count marks, `certain_high` and `certain_low` those whose column is certain. `index` is
    None without any answer; `interval` is the index over all ways to fill in the unknown. `band` is high,
    mixed, low, or none (too few answers: `why`). `firm` says that the band holds however the unknown are
    filled. `blocks` are the indices of the blocks, `block_mean` their mean. `twice` is the band if the
    repeated variable counted twice.
    """

    votes: tuple[Vote, ...]
    high: int
    low: int
    certain_high: int
    certain_low: int
    answered: int
    index: Fraction | None
    interval: tuple[Fraction, Fraction]
    band: str
    why: str
    firm: bool
    blocks: Mapping[str, Fraction | None]
    block_mean: Fraction | None
    pivots: tuple[Pivots, ...]
    twice: str


def control(answers: Mapping[str, str]) -> Control:
    """Count the answers (variable or part -> answer); one that is absent or 'unknown' is no vote.

    Raises DataError for a question or an answer that is not there.
    """
    votes = _votes(answers)
    high = sum(vote.vote > 0 for vote in votes)
    low = sum(vote.vote < 0 for vote in votes)
    sure = [vote for vote in votes if vote.certain]
    unknown = len(votes) - high - low
    interval = (Fraction(high - low - unknown, len(votes)), Fraction(high - low + unknown, len(votes)))
    blocks = {block: _index([vote for vote in votes if vote.block == block]) for block in table33().blocks}
    known = [index for index in blocks.values() if index is not None]
    mean = sum(known, Fraction(0)) / len(known) if known else None
    index = _index(votes)
    band, why = _band(index, high + low, blocks, mean)
    return Control(
        votes=votes, high=high, low=low, certain_high=sum(vote.vote > 0 for vote in sure),
        certain_low=sum(vote.vote < 0 for vote in sure), answered=high + low, index=index,
        interval=interval, band=band, why=why,
        firm=band != NONE and {band_of(end) for end in interval} == {band}, blocks=blocks,
        block_mean=mean, pivots=_pivots(votes, band), twice=_twice(votes, band),
    )  # fmt: skip


def _votes(answers: Mapping[str, str]) -> tuple[Vote, ...]:
    table, asked = table33(), table33().asked()
    for question, answer in answers.items():
        if question in table.variables and question not in asked:
            parts = " and ".join(table.variables[question].parts)
            raise DataError(f"'{question}' is asked in parts: {parts}.")
        if question not in asked:
            near = nearest(question, [*asked, *table.variables])
            raise DataError(f"Table 33 has no '{question}'.{near} It has {', '.join(asked)}.")
        if answer not in (*asked[question][1], UNKNOWN):
            known = ", ".join(asked[question][1])
            raise DataError(
                f"'{answer}' is no answer to {question}.{nearest(answer, asked[question][1])} "
                f"Answers: {known}, {UNKNOWN}."
            )
    return tuple(_vote(table, name, answers) for name in table.variables)


def _vote(table: Table, name: str, answers: Mapping[str, str]) -> Vote:
    rows = {row.answer: row for row in table.of(name)}
    first = next(iter(rows.values()))
    given = {answers.get(part, UNKNOWN) for part in table.variables[name].parts or (name,)}
    if len(given) > 1:
        why = "the parts differ" if UNKNOWN not in given else "a part is not known"
        return Vote(name, first.block, 0, first.certain, why)
    answer = given.pop()
    if answer == UNKNOWN:
        return Vote(name, first.block, 0, first.certain, "not known")
    row = rows[answer]
    return Vote(name, row.block, 1 if row.control == "high" else -1, row.certain)


def _index(votes: list[Vote] | tuple[Vote, ...]) -> Fraction | None:
    given = [vote.vote for vote in votes if vote.vote]
    return Fraction(sum(given), len(given)) if given else None


def band_of(index: Fraction) -> str:
    """The band of an index: a third and more is high, minus a third and less is low."""
    return HIGH if index >= EDGE else LOW if index <= -EDGE else MIXED


def _band(
    index: Fraction | None, answered: int, blocks: Mapping[str, Fraction | None], mean: Fraction | None
) -> tuple[str, str]:
    """(band, why there is none or why it is mixed against the index)."""
    if index is None or mean is None or answered < LEAST:
        return NONE, f"{answered} of 13 variables are answered and {LEAST} are needed"
    empty = [block for block, value in blocks.items() if value is None]
    if empty:
        return NONE, f"nothing is answered of: {', '.join(table33().blocks[block] for block in empty)}"
    if index * mean < 0:
        return MIXED, "counted one by one and by blocks the answers point to opposite sides"
    return band_of(index), ""


def _pivots(votes: tuple[Vote, ...], band: str) -> tuple[Pivots, ...]:
    """For each way out of the band the fewest answers that must turn over (a turn moves H - L by two)."""
    if band == NONE:
        return ()
    high = [vote.variable for vote in votes if vote.vote > 0]
    low = [vote.variable for vote in votes if vote.vote < 0]
    found = []
    for among, step in ((low, 1), (high, -1)):
        for size in range(1, len(among) + 1):
            turned = Fraction(len(high) - len(low) + 2 * step * size, len(high) + len(low))
            if band_of(turned) != band:
                found.append(Pivots(size, tuple(among), band_of(turned)))
                break
    least = min((pivot.size for pivot in found), default=0)
    return tuple(pivot for pivot in found if pivot.size == least)


def _twice(votes: tuple[Vote, ...], band: str) -> str:
    """The band if the variable that is printed twice counted twice."""
    if band == NONE:
        return NONE
    again = {row.variable for row in table33().rows if row.repeated}
    given = [vote.vote for vote in votes if vote.vote] + [
        vote.vote for vote in votes if vote.variable in again
    ]
    given = [vote for vote in given if vote]
    return band_of(Fraction(sum(given), len(given)))
