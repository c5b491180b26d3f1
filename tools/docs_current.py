"""The reference in docs/reference is generated; compare it with what the definitions say now."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMITTED = ROOT / "docs" / "reference"
GENERATOR = "firmtrade.publish.reference"


def pages(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`: relative path -> content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def differences(now: dict[str, bytes], committed: dict[str, bytes]) -> list[str]:
    """One line for each page that is new, changed or left over."""
    return [
        f"docs/reference/{name}: "
        + ("missing" if name not in committed else "left over" if name not in now else "out of date")
        for name in sorted(now.keys() | committed.keys())
        if now.get(name) != committed.get(name)
    ]


def main() -> int:
    """Return 1 and name the pages if the committed reference is not the generated one."""
    if not (ROOT / "src" / GENERATOR.replace(".", "/")).with_suffix(".py").is_file():
        print(f"docs: skipped, there is no {GENERATOR} yet")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", GENERATOR, folder], check=True, cwd=ROOT)
        now = pages(Path(folder))
    found = differences(now, pages(COMMITTED))
    print("\n".join([*found, "Write it anew: make docs"]) if found else f"docs: {len(now)} pages are current")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
