"""The software bill of materials: every package of requirements.lock, as CycloneDX JSON.

Written from the lock, so that it says what is installed and checked, down to the hashes; the same lock gives
the same bytes (no clock, no random number). CycloneDX 1.6: https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tomllib
import uuid
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_PIN = re.compile(r"(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[^ ;\\]+)(?: *;[^\\]*)? *\\?$")


@dataclass
class Locked:
    """One line of the lock: a package, its version, the hashes of its files, and what needs it."""

    name: str
    version: str
    hashes: list[str] = field(default_factory=list)
    needed_by: list[str] = field(default_factory=list)

    @property
    def reference(self) -> str:
        """Its package URL, by which other tools know it."""
        return f"pkg:pypi/{self.name}@{self.version}"


def locked(text: str) -> list[Locked]:
    """The packages of a lock, in its order."""
    found: list[Locked] = []
    for line in text.splitlines():
        if pin := _PIN.match(line):
            found.append(Locked(pin["name"], pin["version"]))
        elif line.startswith("    --hash=sha256:"):
            found[-1].hashes.append(line.removeprefix("    --hash=sha256:").rstrip(" \\"))
        elif line.startswith("    #") and found:
            name = line.removeprefix("    #").strip().removeprefix("via").strip()
            found[-1].needed_by += [name] if name else []
    return found


def bill(text: str, project: dict[str, Any], runs: set[str]) -> dict[str, Any]:
    """The bill of a lock. `runs` are the packages that firmtrade needs to run; others are for development."""
    packages = locked(text)
    root = f"pkg:pypi/{project['name']}@{project['version']}"
    known = {package.name: package for package in packages}
    serial = uuid.uuid5(uuid.NAMESPACE_URL, hashlib.sha256(text.encode()).hexdigest())
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library", "bom-ref": root, "name": project["name"], "version": project["version"],
                "licenses": [{"license": {"id": project["license"]}}], "purl": root,
            },
        },
        "components": [_component(package, package.name in runs) for package in packages],
        "dependencies": [
            {"ref": root, "dependsOn": sorted(p.reference for p in packages if _direct(p))},
            *({"ref": p.reference, "dependsOn": _needs(p, known)} for p in packages),
        ],
    }  # fmt: skip


def _component(package: Locked, runs: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "library", "bom-ref": package.reference, "name": package.name, "version": package.version,
        "scope": "required" if runs else "excluded", "purl": package.reference,
        "hashes": [{"alg": "SHA-256", "content": content} for content in package.hashes],
    }  # fmt: skip
    licence = _licence(package.name)
    return found | ({"licenses": [{"license": {"name": licence}}]} if licence else {})


def _licence(name: str) -> str:
    """What an installed package says of its licence, in one line; '' where it is not installed here."""
    try:
        said = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    short = next((said[key] for key in ("License-Expression", "License") if said[key]), "")
    if not short or len(short) > 60 or "\n" in short:
        classified = [text for text in said.get_all("Classifier") or () if text.startswith("License ::")]
        short = classified[0].rpartition("::")[2].strip() if classified else ""
    return short


def _direct(package: Locked) -> bool:
    return any("pyproject.toml" in name for name in package.needed_by)


def _needs(package: Locked, known: dict[str, Locked]) -> list[str]:
    return sorted(other.reference for other in known.values() if package.name in other.needed_by)


def running(text: str, project: dict[str, Any]) -> set[str]:
    """The packages that firmtrade needs to run, with all its extras, and what those need."""
    known = {package.name: package for package in locked(text)}
    asked = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    waiting = [re.split(r"[^A-Za-z0-9._-]", one)[0].lower().replace("_", "-") for one in asked]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in known and name not in found:
            found.add(name)
            waiting += [other.name for other in known.values() if name in other.needed_by]
    return found


def main() -> int:
    """Write the bill to the file that is named, or to standard output."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    made = json.dumps(bill(text, project, running(text, project)), indent=1, ensure_ascii=False) + "\n"
    if len(sys.argv) > 1:
        path = Path(sys.argv[1])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made, encoding="utf-8")
        print(f"sbom: {made.count('bom-ref') - 1} packages in {path}")
    else:
        sys.stdout.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
