"""docs/reference and docs/manual are generated; compare them with what is said now.

The reference is written from the definitions, the manual from the spec tests.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
GENERATORS = {
    "reference": ["-m", "firmtrade.reference"],
    "manual": [str(ROOT / "tools" / "manual.py")],
}


def pages(folder: Path) -> dict[str, bytes]:
    """Every file of the generated parts below `folder`: relative path -> content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for name in GENERATORS
        for path in (folder / name).rglob("*")
        if path.is_file()
    }


def differences(now: dict[str, bytes], committed: dict[str, bytes]) -> list[str]:
    """One line for each page that is new, changed or left over."""
    return [
        f"docs/{name}: "
        + ("missing" if name not in committed else "left over" if name not in now else "out of date")
        for name in sorted(now.keys() | committed.keys())
        if now.get(name) != committed.get(name)
    ]


def main() -> int:
    """Return 1 and name the pages if the committed ones are not the generated ones."""
    with tempfile.TemporaryDirectory() as folder:
        for name, command in GENERATORS.items():
            subprocess.run([sys.executable, *command, str(Path(folder) / name)], check=True, cwd=ROOT)
        now = pages(Path(folder))
    found = differences(now, pages(DOCS))
    print("\n".join([*found, "Write it anew: make docs"]) if found else f"docs: {len(now)} pages are current")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
