"""Titles of the built-in definitions in the four languages: none is missing, parts of a text are found."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmtrade.serve.speak import LANGUAGES, tongue
from firmtrade.serve.speak.memory import Memory

ROOT = Path(__file__).resolve().parents[2]
DEFINITIONS = ROOT / "src" / "firmtrade" / "definitions"
STUDIES = ("belgium-2002", "tec", "exporter-dynamics")
OTHERS = [code for code in LANGUAGES if code != "en"]


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def texts() -> Iterator[tuple[str, str]]:
    """(where, English text) of what stands in tables: words with their codes, those of models too."""
    for kind in ("statistics", "coordinates"):
        yield from titles(kind, read(DEFINITIONS / f"{kind}.toml"))
    for kind in ("dimensions", "measures", "samples"):
        yield from titles(kind, read(DEFINITIONS / f"{kind}.toml"))
        for study in STUDIES:
            yield from titles(kind, read(ROOT / "studies" / study / "study.toml").get(kind, {}))


def titles(kind: str, entries: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, entry in entries.items():
        if not isinstance(entry, dict) or "title" not in entry:
            continue
        yield f"{kind}.{name}", entry["title"]
        codes = entry.get("codes") if kind in ("dimensions", "coordinates") else None
        for code, label in codes.items() if isinstance(codes, dict) else ():
            for flow in ("export", "import", "trade") if "{flow}" in label else ("",):
                yield f"{kind}.{name}.{code}", label.replace("{flow}", flow)


@pytest.mark.parametrize("code", OTHERS)
def test_every_built_in_title_is_translated(code: str) -> None:
    said = tongue(code).memory
    lacking = [
        f"{where}: {text}" for where, text in texts() if re.search(r"[a-z]{2}", text) and not said.knows(text)
    ]
    assert not lacking, f"speak/{code}/words.toml lacks " + "; ".join(lacking)


def test_the_languages_translate_the_same_texts() -> None:
    entries = {code: set(tongue(code).memory.entries) for code in OTHERS}
    assert entries["nl"] == entries["fr"] == entries["de"]


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_keeps_the_parts_of_its_text(code: str) -> None:
    for english, said in tongue(code).memory.entries.items():
        parts = [sorted(re.findall(r"\{\w+\}", text)) for text in (english, said)]
        assert parts[0] == parts[1] and said.strip(), english


def test_english_stays_as_it_is() -> None:
    assert tongue("en").word("Number of firms") == "Number of firms"


@pytest.mark.parametrize(
    ("english", "dutch"),
    [
        ("Number of firms", "Aantal ondernemingen"),
        ("number of firms", "number of firms"),  # a text of its own, not this title
        ("10-49 FTE", "10-49 VTE"),
        ("10\N{EN DASH}49 FTE", "10-49 VTE"),
        ("constant export", "blijvend: uitvoer"),
        ("Constant export", "Blijvend: uitvoer"),
        ("A6i Export Value per Exporter: Mean", "A6i Uitvoerwaarde per exporteur: gemiddelde"),
        ("1,000 EUR per FTE", "1.000 EUR per VTE"),
        ("01 Live animals", "01 Levende dieren"),
    ],
)
def test_texts_and_their_parts_are_found(english: str, dutch: str) -> None:
    assert tongue("nl").word(english) == dutch


@pytest.mark.parametrize("text", ["No exporters of my own", "{flow}", "constant change of my own", ""])
def test_a_study_s_own_title_stays_as_the_study_wrote_it(text: str) -> None:
    assert tongue("de").word(text) == text


def test_a_part_that_is_not_known_makes_the_whole_unknown() -> None:
    memory = Memory({"new to {flow}": "neu: {flow}", "export": "Export"})
    assert memory.said("new to export") == "neu: Export"
    assert memory.said("new to the city") == "new to the city" and not memory.knows("new to the city")
