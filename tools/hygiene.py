"""Keep out of the repository what belongs to one machine or one moment.

Looks at every file that git tracks, or would if it were added now. The patterns are written so that they
do not match themselves.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LARGEST = 1_000_000

RULES = {
    "names a package registry (the lock must install from any)": (
        r"py[p]i\.(org|io)|python[h]osted\.|npm[j]s\.|deb\.[d]ebian\.|conda\.[a]naconda\."
    ),
    "holds a path of one machine": (
        r"(?<![\w.~$}])/(wor[k]|roo[t]|hom[e]/\w+|User[s]/\w+|tmp/[l]ab|op[t]/pypi)/"
    ),
    "speaks of the workshop it was made in": r"\bfarm[-]\w|\bissues [s]how\b|\bduplicates [-]-",
    "leaves work open (finish it, or say so in CHANGELOG.md)": r"\b(TOD[O]|FIXM[E]|XX[X])\b",
}


def files() -> list[Path]:
    """Every file that is tracked, or new and not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [path for name in sorted(set(listed.split("\0")) - {""}) if (path := ROOT / name).is_file()]


def faults(path: Path) -> list[str]:
    """What is wrong with one file, as 'path:line: reason'."""
    shown = path.relative_to(ROOT).as_posix()
    if path.stat().st_size > LARGEST:
        return [f"{shown}: larger than {LARGEST:,} bytes; data stays outside"]
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return []  # a picture
    found = [
        f"{shown}:{text.count(chr(10), 0, match.start()) + 1}: {reason}: {match.group(0).strip()}"
        for reason, pattern in RULES.items()
        for match in re.finditer(pattern, text)
    ]
    if shown == "requirements.lock" and "://" in text:
        found.append(f"{shown}: holds an address; a lock names packages and hashes only")
    return found


def main() -> int:
    """Return 1 and name the offenders if a rule is broken."""
    looked_at = files()
    found = [fault for path in looked_at for fault in faults(path)]
    print("\n".join(found) or f"hygiene: {len(looked_at)} files are clean")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
