"""Ask pip-audit which locked packages have known weaknesses. A report: it never fails the build.

pip-audit is fetched for the moment (`uvx`) and asks a service on the internet; where either is not to be
had, that is said. It asks for every package of the lock, so it is run by hand, now and then, and not by CI.
What it finds is for a person to judge: `make lock ARGS=--upgrade` takes newer versions.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 300  # seconds
_COMMAND = ["--quiet", "pip-audit", "--requirement", "requirements.lock", "--require-hashes", "--disable-pip",
            "--timeout", "10", "--progress-spinner", "off", "--format", "json"]  # fmt: skip


def report(said: str) -> list[str]:
    """What to tell of pip-audit's answer in JSON: which packages it knows, and what it knows of them."""
    try:
        packages = json.loads(said)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return ["audit: not reachable, nothing was asked"]
    unknown = [package for package in packages if "skip_reason" in package]
    weak = [package for package in packages if package.get("vulns")]
    if len(unknown) == len(packages):
        return [f"audit: not reachable: the service knows none of the {len(packages)} packages"]
    lines = [
        f"audit: {len(packages) - len(unknown)} packages asked, {len(weak)} with a known weakness, "
        f"{len(unknown)} not known to the service"
    ]
    for package in weak:
        known = ", ".join(sorted(each["id"] for each in package["vulns"]))
        lines.append(f"  {package['name']} {package['version']}: {known}")
    return lines


def main() -> int:
    """Print the report; always 0."""
    command = [str(Path(sys.executable).with_name("uvx")), *_COMMAND]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        print("\n".join(report(done.stdout)))
    except (OSError, subprocess.TimeoutExpired):
        print("\n".join(report("")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
