"""Every locked package has a licence that we know, and none at run time is GPL, AGPL or EUPL.

`docs/decisions/004-dependencies.md` lists each package with what it is for and its licence; a package that
is new, gone or under another licence must be looked at by a person, who then mends the list. With
--table, prints the rows.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, distribution, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
DECISION = ROOT / "docs" / "decisions" / "004-dependencies.md"
REFUSED = re.compile(r"(?<!L)\bA?GPL|EUPL|GNU (Affero )?General Public", re.IGNORECASE)
EXTRAS = (
    "", "agency", "app", "database", "econ", "files", "notebook", "postgres", "sdmx", "spark", "spark-connect"
)  # fmt: skip


def locked() -> list[str]:
    """The packages of requirements.lock."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return sorted(canonicalize_name(name) for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE))


def at_run_time() -> set[str]:
    """What firmtrade with all its extras needs, directly or not."""
    waiting = {("firmtrade", extra) for extra in EXTRAS}
    done: set[tuple[str, str]] = set()
    while waiting:
        name, extra = waiting.pop()
        done.add((name, extra))
        for need in map(Requirement, _requires(name)):
            if need.marker is None or need.marker.evaluate({"extra": extra}):
                waiting |= {(canonicalize_name(need.name), each) for each in ("", *need.extras)} - done
    return {name for name, _ in done} - {"firmtrade"}


def _requires(name: str) -> list[str]:
    try:
        return requires(name) or []
    except PackageNotFoundError:
        return []  # for another platform


def licence(name: str) -> str:
    """The licence that the installed package declares, in as few words as it does; "" if not installed."""
    try:
        package = distribution(name)
    except PackageNotFoundError:
        return ""
    about = package.metadata.json
    classified = _classified(list(about.get("classifier", [])))
    stated = [str(about.get("license_expression", "")), classified, str(about.get("license", ""))]
    texts = [str(file.locate()) for file in package.files or [] if "LICENSE" in file.name.upper()]
    stated += [Path(text).read_text(encoding="utf-8") for text in texts[:1]]
    return next((text.strip().splitlines()[0] for text in stated if text and text.strip()), "not stated")


def _classified(classifiers: list[str]) -> str:
    named = [text.split(" :: ")[-1] for text in classifiers if text.startswith("License :: ")]
    return ", ".join(name for name in named if name != "OSI Approved")


def main(arguments: list[str]) -> int:
    """Return 1 and say what is wrong if a licence is refused, or the list is not true."""
    needed = at_run_time()
    rows = {name: (licence(name), "run" if name in needed else "development") for name in locked()}
    if "--table" in arguments:
        print("\n".join(f"| {name} | {terms} | {when} |" for name, (terms, when) in rows.items()))
        return 0
    page = DECISION.read_text(encoding="utf-8")
    wrong = [
        f"{name}: {terms} is refused at run time"
        for name, (terms, when) in rows.items()
        if when == "run" and REFUSED.search(terms)
    ]
    wrong += [
        f"{name}: '| {name} | {terms} | {when} |' is not in {DECISION.relative_to(ROOT)}"
        for name, (terms, when) in rows.items()
        if terms and f"| {name} | {terms} | {when} |" not in page
    ]
    gone = set(re.findall(r"^\| ([\w-]+) \|.*\| (?:run|development) \|$", page, re.MULTILINE)) - rows.keys()
    wrong += [f"{name}: listed in {DECISION.relative_to(ROOT)}, not locked" for name in sorted(gone)]
    print("\n".join(wrong) or f"licences: {len(rows)} packages, {len(needed)} of them at run time")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
