"""How a release is protected: all that a study says of it, as one thing that is passed on and changed whole.

A run, `whatif` and `merge` protect by the same policy, so that what one foretells is what the other does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from firmtrade.describe.asks import Ask
from firmtrade.describe.computed import Backing, Computed
from firmtrade.errors import DataError, DisclosureError, StudyError
from firmtrade.protect.method import Method
from firmtrade.protect.rules import Profile

if TYPE_CHECKING:
    from firmtrade._engine.engine import Engine
    from firmtrade.describe.compute import Setting
    from firmtrade.protect.ledger import Recorder


@dataclass(frozen=True)
class Policy:
    """The rules, the figures that the custodian hides by name, how numbers of firms are printed, the ledger.

    `hide` has entries such as `{ table = "table-03", activity = "12" }`. Raises StudyError if the parts do
    not go together.
    """

    profile: Profile
    hide: tuple[Mapping[str, str], ...] = ()
    method: Method = field(default_factory=Method)
    ledger: Recorder | None = None

    def __post_init__(self) -> None:
        if self.ledger and self.method != Method():
            raise StudyError(
                "[protect]: a ledger joins releases whose figures are hidden, not rounded or perturbed ones. "
                "Leave out 'ledger' or 'method'."
            )
        if self.hide and not self.profile.of("manual"):
            raise StudyError(
                f"[protect] hide names figures, and the profile {self.profile.name} has no rule that says "
                "how well they are protected. Add manual-20, or another rule of that kind, to its rules."
            )

    def collecting(self, setting: Setting, engine: Engine, columns: Iterable[str]) -> Setting:
        """The setting that collects what must be known of the firms behind each figure.

        Raises DataError where the panel, which has these columns, cannot say it.
        """
        if self.profile.of("request") and "confidential" not in columns:
            raise DataError(
                f"The profile {self.profile.name} protects the firms that asked for it, and the panel does "
                f"not say which: it needs the column 'confidential' (true or false)."
            )
        self.method.attach(engine)
        return replace(setting, evidence=True, keyed=self.method.keyed, listed=bool(self.ledger))

    def with_profile(self, profile: Profile) -> Policy:
        """The same by other rules."""
        return replace(self, profile=profile)

    def alone(self) -> Policy:
        """The same without what was published before."""
        return replace(self, ledger=None)

    def fitting(self, computed: Computed) -> Policy:
        """The same without the entries of `hide` that name no figure of what was computed."""
        return replace(self, hide=tuple(entry for entry in self.hide if named(computed, entry)))

    def named(self, computed: Computed) -> frozenset[Ask]:
        """The sums behind the figures that the custodian names."""
        found: set[Ask] = set()
        for wanted in self.hide:
            asks = named(computed, wanted)
            if not asks:
                raise StudyError(f"[protect] hide: no figure of the study is {dict(wanted)}.")
            found.update(asks)
        return frozenset(found)


def named(computed: Computed, wanted: Mapping[str, str]) -> list[Ask]:
    """The sums behind the figures that have all these attributes; `table` is the table's name."""
    figures = backing_of(computed).figures
    return [
        ask
        for result in computed.results
        for cell, behind in zip(result.cells, figures[result.name], strict=True)
        if all(
            (result.name if name == "table" else cell.attribute(name)) == str(code)
            for name, code in wanted.items()
        )
        for ask in behind
    ]


def backing_of(computed: Computed) -> Backing:
    """What the results are worked out from; without it nothing can be protected."""
    if computed.backing is None:
        raise DisclosureError("Results without evidence cannot be protected. Nothing is released.")
    return computed.backing
