"""What a study's tables are computed over: its words, windows and codes, and the panel's columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firmtrade.study_file import StudySpec

if TYPE_CHECKING:
    from firmtrade.describe.compute import Setting


class Settings:
    """Makes settings, and remembers what was worked out about words for the next one of the same study."""

    def __init__(self) -> None:
        self._kept: tuple[StudySpec, tuple[Any, ...], Any] | None = None

    def of(
        self,
        spec: StudySpec,
        stated: str,
        columns: frozenset[str] | None = None,
        further: frozenset[str] = frozenset(),
    ) -> Setting:
        """The setting of a panel with these columns (None: not known yet) and `further` ones that are named.

        `stated` is the classification that firms are coded in, '' where the study does not say.
        """
        from firmtrade.acquire.classification import divisions
        from firmtrade.classify.expand import CONTRACT, Meaning
        from firmtrade.describe.cells import Codes
        from firmtrade.describe.compute import Setting
        from firmtrade.describe.groups import Groups

        seen = Setting.seen
        if spec.dynamics is not None:
            from firmtrade.study_dynamics import COLUMNS, SEEN

            further |= frozenset(COLUMNS)
            seen = SEEN
        known = (further | frozenset(spec.panel.get("columns", {}))) - frozenset(CONTRACT)
        kept = self._kept  # read and replaced as a whole: threads may ask
        if kept is None or kept[0] is not spec or kept[1] != (known, stated) or kept[2].crowded:
            kept = self._kept = spec, (known, stated), Groups(Meaning(spec.catalog, known))
        groups, codes = kept[2], Codes(spec.catalog, divisions(stated))
        settled = (spec.catalog, groups.meaning, columns, spec.windows, codes, groups)
        return Setting(*settled, seen=seen, classification=stated)
