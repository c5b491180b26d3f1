"""manifest.json: what went in, what came out, and what made it, so that a run can be checked and repeated."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from firmtrade.publish.beside import counts
from firmtrade.publish.only import only_release
from firmtrade.publish.stage import MADE_BY, MANIFEST
from firmtrade.result import Attrition, Release

_PACKAGES = ("duckdb", "jinja2", "typst", "vl-convert-python", "xlsxwriter")


def manifest(release: Release, outputs: Mapping[str, str]) -> dict[str, Any]:
    """The manifest as plain data; `outputs` maps a file's path to its SHA-256. It holds no clock, no host."""
    only_release(release)
    made = release.provenance
    return {
        "attrition": [_attrition(item) for item in release.attrition],
        "catalog": made.catalog,
        "code": made.code,
        "engine": made.engine,
        "findings": {
            model.name: {finding.question: finding.verdict for finding in model.findings}
            for model in release.models
            if model.findings
        },
        "inputs": dict(made.inputs),
        "made_by": MADE_BY,
        "outputs": dict(outputs),
        "pack": made.pack,
        "packages": {name: _version(name) for name in _PACKAGES},
        "protected": release.protected,
        "protection": release.protection,
        "published": _published(release),
        "rows": dict(made.rows),
        "study": release.study,
        "synthetic": made.synthetic,
        "models": {model.name: sum(len(table.cells) for table in model.tables) for model in release.models},
        "tables": {table.name: len(table.cells) for table in release.tables},
        "title": release.title,
        "warnings": list(release.warnings),
    }


def write_manifest(release: Release, folder: Path) -> None:
    """Hash every file of `folder` and write the manifest beside them."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    outputs = {path.relative_to(folder).as_posix(): sha256(path) for path in files}
    text = json.dumps(manifest(release, outputs), sort_keys=True, indent=2, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _published(release: Release) -> dict[str, Any] | None:
    """How many published cells the run reproduces, and of which file; None where the study ships none."""
    found = release.published
    return {"file": found.file, "sha256": found.hash, **counts(found.matches)} if found else None


def _attrition(item: Attrition) -> dict[str, Any]:
    steps = [{"condition": s.condition, "left": s.left, "unknown": s.unknown} for s in item.steps]
    return {"sample": item.sample, "period": item.period, "steps": steps}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
