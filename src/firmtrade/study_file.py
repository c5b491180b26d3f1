"""A study file: read, extended and checked; nothing is computed yet."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmtrade._engine.duckdb import limit
from firmtrade.catalog import Catalog
from firmtrade.classify.window import Window
from firmtrade.describe.spec import Table, read_tables
from firmtrade.errors import StudyError, nearest
from firmtrade.study_engine import read_engine
from firmtrade.study_pack import ENDING, own_only, read_pack, same_words
from firmtrade.study_shape import LARGEST, check_shape

if TYPE_CHECKING:
    from firmtrade.estimate.model import Model
    from firmtrade.publish.sdmx import Asked
    from firmtrade.study_stress import Stress

WORDS = (
    "sources",
    "parameters",
    "variables",
    "dimensions",
    "measures",
    "samples",
    "statistics",
    "coordinates",
    "alternatives",
)
#: The parts of a study about a trade register instead of one panel.
TRADE = ("transactions", "register", "accounts", "identifiers", "blocs", "thresholds")
_KNOWN = {
    "title",
    "subtitle",
    "source",
    "panel",
    "published",
    "protect",
    "windows",
    "tables",
    "models",
    "sdmx",
    "dynamics",
    "memory",
    "engine",
    *WORDS,
    *TRADE,
}
_PROTECT = {"synthetic", "profile", "rules", "profiles", "hide", "method", "base", "secret", "ledger"}
#: By which rules a release is protected where the study names none.
PROFILE = "business-statistics"


def studies() -> dict[str, Path]:
    """Built-in studies by name: folders with a study.toml, in the wheel or in the checkout."""
    here = Path(__file__).parent
    for folder in (here / "studies", here.parents[1] / "studies"):
        if folder.is_dir():
            return {path.parent.name: path for path in sorted(folder.glob("*/study.toml"))}
    return {}


@dataclass(frozen=True)
class StudySpec:
    """A study file, read and checked; nothing is computed yet."""

    name: str
    title: str
    subtitle: str
    source: str
    base: Path
    panel: Mapping[str, Any]
    windows: Mapping[str, Window]
    tables: tuple[Table, ...]
    catalog: Catalog
    models: tuple[Model, ...] = ()
    reason: str = ""
    synthetic: str = ""
    profile: str = PROFILE
    ledger: str = ""
    rules: Mapping[str, Any] = field(default_factory=dict)
    method: Mapping[str, Any] = field(default_factory=dict, repr=False)
    hide: tuple[Mapping[str, str], ...] = ()
    published: Mapping[str, str] = field(default_factory=dict)
    sdmx: Asked | None = None
    trade: Mapping[str, Any] = field(default_factory=dict)
    dynamics: Mapping[str, Any] | None = None
    memory: str | None = None
    engine: Mapping[str, Any] = field(default_factory=dict, repr=False)
    stress: Stress | None = None
    pack: Mapping[str, str] = field(default_factory=dict)  # of which pack it is, if it came in one
    extend: str = ""  # what a study of one's own extends, where this one is a pack or built in


def read_study(study: str | Path) -> StudySpec:
    """A built-in study by name, or a study file by path."""
    return make_study(*read_raw(study))


def read_raw(study: str | Path) -> tuple[dict[str, Any], str, Path, str]:
    """(contents, name, folder, file) of a study file, as `make_study` takes them."""
    path = _find(study)
    raw = _extended(path, ())
    # A study.toml is called after its folder, also from inside it.
    name = path.resolve().parent.name if path.name == "study.toml" else path.stem
    if "pack" in raw:
        name = raw["pack"]["study"]
    return raw, name, path.parent, path.name


def _find(study: str | Path) -> Path:
    path = studies().get(str(study), Path(study))
    try:
        path = path / "study.toml" if path.is_dir() else path
        there = path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        there = False
    if not there:
        raise StudyError(
            f"There is no study '{study}'.{nearest(str(study), studies())} Built in: "
            f"{', '.join(studies()) or 'none'}; or give the path of a study file."
        )
    return path


def _extended(path: Path, trail: tuple[Path, ...]) -> dict[str, Any]:
    """The file's contents over those of the study that it extends: an entry replaces one of its name."""
    from firmtrade.reconcile.beside import shipped

    if path.resolve() in trail:
        raise StudyError(f"{path.name}: the study extends itself.")
    if path.suffix == ENDING:
        return read_pack(path).raw
    raw = _contents(path)
    if "pack" in raw:  # what a pack says of itself stands in no study file
        raise StudyError(f"{path.name}: 'pack' is not a part of a study.{nearest('pack', _KNOWN)}")
    if "published" in raw:
        raw["published"] = shipped(raw["published"], _places(path.parent), path.name)
    if "extends" not in raw:
        return raw
    without = raw.pop("without", [])
    name = raw.pop("extends")
    beside = path.parent / str(name)
    base = _extended(beside if beside.is_file() else _find(str(name)), (*trail, path.resolve()))
    if "pack" in base:
        own_only({**raw, **({"without": without} if without else {})}, path.name)
    for key, value in raw.items():
        joined = isinstance(value, dict) and isinstance(base.get(key), dict)
        base[key] = {**base[key], **value} if joined else value
    for key in without:
        if key not in _KNOWN:
            raise StudyError(
                f"{path.name}: without = '{key}' is not a part of a study.{nearest(key, _KNOWN)}"
            )
        base.pop(key, None)
        if key in raw:
            base[key] = raw[key]
    return base


def _contents(path: Path) -> dict[str, Any]:
    """What a study file says, as far as it may be read at all."""
    try:
        if path.stat().st_size > LARGEST:
            raise StudyError(f"{path.name} has more than {LARGEST:,} bytes, and is no study.")
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StudyError(f"{path.name} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, a number of thousands of digits
        told = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise StudyError(f"{path.name} is not a TOML file that can be read: {told}") from None
    check_shape(raw, path.name)
    return raw


def _places(base: Path) -> list[Path]:
    """Where a file that a study ships is looked for: beside it, else as STUDY/FILE of a built-in one."""
    return [base, *{path.parents[1]: None for path in studies().values()}]


def make_study(raw: Mapping[str, Any], name: str, base: Path, file: str) -> StudySpec:
    """A study from the contents of its file."""
    from firmtrade.reconcile.beside import shipped

    about = raw.get("pack", {})
    for key in raw:
        if key not in _KNOWN and key != "pack":
            raise StudyError(f"{file}: '{key}' is not a part of a study.{nearest(str(key), _KNOWN)}")
    check_shape({key: part for key, part in raw.items() if key != "pack"}, file)
    panel = dict(raw.get("panel", {}))
    protect = raw.get("protect", {})
    for key in protect:
        if key not in _PROTECT:
            raise StudyError(f"{file}, [protect]: '{key}' is not known.{nearest(key, _PROTECT)}")
    catalog = Catalog.load({kind: raw[kind] for kind in WORDS if kind in raw}, file)
    same_words(about, catalog.hash())
    return StudySpec(
        name=name,
        title=raw.get("title", name),
        subtitle=raw.get("subtitle", ""),
        source=raw.get("source", ""),
        base=base,
        windows=_windows(raw.get("windows", {}), file),
        tables=read_tables(raw.get("tables", {}), file),
        models=_models(raw.get("models", {}), file),
        catalog=catalog,
        reason=protect.get("synthetic", ""),
        profile=protect.get("profile", PROFILE),
        ledger=protect.get("ledger", ""),
        rules={kind: protect[kind] for kind in ("rules", "profiles") if kind in protect},
        method=_method(protect, file),
        hide=tuple(protect.get("hide", ())),
        synthetic=panel.pop("synthetic", ""),
        panel=panel,
        published=shipped(raw.get("published", ""), _places(base), file),
        sdmx=_sdmx(raw, file),
        trade={part: raw[part] for part in TRADE if part in raw},
        dynamics=raw.get("dynamics"),
        pack=about,
        extend=file if file.endswith(ENDING) else name if base / file == studies().get(name) else "",
        memory=limit(str(raw["memory"]), file) if "memory" in raw else None,
        engine=read_engine(raw.get("engine"), file),
    )


def _models(entries: Mapping[str, Any], file: str) -> tuple[Model, ...]:
    """The models; what reads them is imported only where there are any."""
    if not entries:
        return ()
    from firmtrade.estimate.model import read_models

    return read_models(entries, file)


def _sdmx(raw: Mapping[str, Any], file: str) -> Asked | None:
    """How the study asks for SDMX, if it does."""
    if "sdmx" not in raw:
        return None
    from firmtrade.publish.sdmx import read_asked

    return read_asked(raw["sdmx"], file)


def _method(protect: Mapping[str, Any], file: str) -> Mapping[str, Any]:
    """How numbers of firms are protected; suppression where nothing is said."""
    if not {"method", "base", "secret"} & protect.keys():
        return {}  # the usual case: nothing is imported to find that out
    from firmtrade.protect.method import said

    return said(protect, f"{file}, [protect]")


def _windows(entries: Mapping[str, Any], file: str) -> dict[str, Window]:
    found = {}
    for name, entry in entries.items():
        if set(entry) != {"t0", "t1", "outcome"}:
            raise StudyError(f"{file}, [windows.{name}] has t0, t1 and outcome, each a year.")
        found[name] = Window(name, int(entry["t0"]), int(entry["t1"]), int(entry["outcome"]))
    return found
