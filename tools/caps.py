"""Keep files and functions small: stop above the caps, show how large the typical one is."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
FILE_CAP = 400
FUNCTION_CAP = 50


def function_sizes(tree: ast.AST) -> list[tuple[str, int, int]]:
    """Name, first line and number of lines (docstring included) of every function in a module."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return [
        (node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1) for node in functions
    ]


def main() -> int:
    """Return 1 and name the offenders if a cap is broken."""
    files: list[int] = []
    functions: list[int] = []
    broken: list[str] = []
    for path in sorted((ROOT / "src").rglob("*.py")):
        text, shown = path.read_text(encoding="utf-8"), path.relative_to(ROOT)
        lines = len(text.splitlines())
        if lines > FILE_CAP:
            broken.append(f"{shown}: {lines} lines, at most {FILE_CAP}")
        if lines > 1:  # an __init__ that only names its package says nothing about size
            files.append(lines)
        for name, line, length in function_sizes(ast.parse(text)):
            functions.append(length)
            if length > FUNCTION_CAP:
                broken.append(f"{shown}:{line}: {name} has {length} lines, at most {FUNCTION_CAP}")
    print("\n".join(broken) or "caps: " + _summary("files", files) + "; " + _summary("functions", functions))
    return 1 if broken else 0


def _summary(what: str, sizes: list[int]) -> str:
    if not sizes:
        return f"no {what}"
    return f"{len(sizes)} {what}, median {median(sizes):.0f} lines, longest {max(sizes)}"


if __name__ == "__main__":
    sys.exit(main())
