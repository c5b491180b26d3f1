"""The manual in docs/manual is the spec tests of tests/spec/manual, written out for readers.

A chapter is one TOML file: title, prose and examples. An example draws a panel, asks a question as a study
file asks it, and draws the answer, or says what the refusal says. tests/spec/test_manual.py computes every
one of them, so the manual cannot be wrong without a failing test.
"""

from __future__ import annotations

import ast
import operator
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = ROOT / "tests" / "spec" / "manual"
OUT = ROOT / "docs" / "manual"

#: What an example may say: whom the panel is about, words of its own, the question, the answer.
WORDS = ("sources", "parameters", "variables", "dimensions", "measures", "samples")
STUDY = ("panel", "windows", *WORDS, "tables")
DRAWN = ("answer", "unknowns", "attrition")
KEYS = {"title", "text", "firms", "lacking", "error", *STUDY, *DRAWN}

#: Where the reference explains the words of a question.
_PAGES = {"sample": "samples", "measures": "measures", "by": "dimensions"}
_ARITHMETIC = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


# -- reading -------------------------------------------------------------------------------------------------


def chapters(folder: Path = CHAPTERS) -> dict[str, dict[str, Any]]:
    """The chapters by file name without ending, in the order of their numbers."""
    return {
        path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml"))
    }


def drawn(text: str) -> tuple[list[str], list[list[str]]]:
    """(header, rows) of a drawn table. Columns are parted by '|'; a '|' inside a cell is written '\\|'."""
    lines = [line for line in text.splitlines() if line.strip()]
    header, *rows = [[_cell(cell) for cell in re.split(r"(?<!\\)\|", line)] for line in lines]
    for line, row in zip(lines[1:], rows, strict=True):
        if len(row) != len(header):
            raise ValueError(f"'{line}' has {len(row)} cells, the header has {len(header)}")
    return header, rows


def _cell(text: str) -> str:
    return text.strip().replace("\\|", "|")


def number(text: str) -> float | None:
    """A drawn figure, which may be worked out in place ('100 * 2 / 3'); '-' does not exist."""
    return None if text == "-" else _work_out(ast.parse(text, mode="eval").body)


def _work_out(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_work_out(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        return float(_ARITHMETIC[type(node.op)](_work_out(node.left), _work_out(node.right)))
    raise ValueError(f"'{ast.unparse(node)}' is not arithmetic")


# -- writing -------------------------------------------------------------------------------------------------


def write(out: Path) -> None:
    """Write a page for each chapter and the index into the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    found = chapters()
    names = list(found)
    for place, (name, chapter) in enumerate(found.items()):
        before, after = names[max(place - 1, 0) : place], names[place + 1 : place + 2]
        text = "\n".join([*page(chapter), *_around(before, after, found)])
        (out / f"{name}.md").write_text(text, encoding="utf-8")
    (out / "index.md").write_text("\n".join(_index(found)), encoding="utf-8")


def _index(found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield "# The manual\n"
    yield (
        "What firmtrade computes, shown on panels small enough to count by hand. Every example is a test:\n"
        "its panel is drawn, its question is written as in a study file, and its answer is computed anew\n"
        "and compared at each change.\n"
    )
    for name, chapter in found.items():
        yield f"{int(name[:2])}. [{chapter['title']}]({name}.md)"
        yield "".join(f"\n   - [{e['title']}]({name}.md#{_anchor(e['title'])})" for e in chapter["examples"])[
            1:
        ]
    yield "\nThe words themselves, with formula and source: [reference](../reference/index.md).\n"


def page(chapter: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a chapter."""
    yield f"# {chapter['title']}\n"
    yield f"{chapter['prose'].strip()}\n"
    for example in chapter["examples"]:
        yield from _example(example)


def _around(before: list[str], after: list[str], found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    links = [f"Before: [{found[name]['title']}]({name}.md)" for name in before]
    links += [f"Next: [{found[name]['title']}]({name}.md)" for name in after]
    yield f"---\n\n{' | '.join([*links, '[All chapters](index.md)'])}\n"


def _example(example: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {example['title']}\n"
    if "text" in example:
        yield f"{example['text'].strip()}\n"
    if "firms" in example:
        yield _markdown(*drawn(example["firms"]))
    if example.get("lacking"):
        yield "The panel has no other columns.\n"
    asked = {key: example[key] for key in STUDY if key in example}
    if asked:
        yield f"```toml\n{toml(asked)}```\n"
    yield from _found(example)
    words = _words(example)
    if words:
        yield f"Words: {', '.join(words)}.\n"


def _found(example: Mapping[str, Any]) -> Iterator[str]:
    if "error" in example:
        yield f"It is refused:\n\n> {example['error']}\n"
    for key, heading in zip(DRAWN, ("Answer", "Unknown", "Who is left, condition by condition"), strict=True):
        if key in example:
            header, rows = drawn(example[key])
            yield f"{heading}:\n\n{_markdown(header, [[_shown(cell) for cell in row] for row in rows])}"


def _shown(cell: str) -> str:
    """A figure that is worked out in place is shown with its result."""
    return f"{cell} = {number(cell):.10g}" if re.search(r" (\*\*|[-+*/]) ", cell) else cell


def _markdown(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _words(example: Mapping[str, Any]) -> list[str]:
    """Links to the built-in words that the questions ask for."""
    found: dict[str, str] = {}
    for table in example.get("tables", {}).values():
        for block in (table, *table.get("cells", ())):
            for key, where in _PAGES.items():
                asked = block.get(key, [])
                for name in [asked] if isinstance(asked, str) else asked:
                    plain = name.rpartition(".")[2]
                    if plain not in example.get(where, {}) and plain != "year":
                        found[plain] = f"[{plain}](../reference/{where}.md#{plain})"
    return [] if "error" in example else list(found.values())


def _anchor(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def toml(entry: Mapping[str, Any], path: tuple[str, ...] = ()) -> str:
    """An entry as a study file has it: a heading for each word, or a line for each where there are many."""
    flat = len(path) > 1 or path == ("panel",) or (len(path) == 1 and len(entry) > 3)
    parts = {key: value for key, value in entry.items() if isinstance(value, dict) and not flat}
    lines = [f"{_key(key)} = {_value(value)}\n" for key, value in entry.items() if key not in parts]
    heading = f"[{'.'.join(map(_key, path))}]\n" if path and lines else ""
    texts = [toml(value, (*path, key)) for key, value in parts.items()]
    return "\n".join([*([heading + "".join(lines)] if lines else []), *texts])


def _key(key: str) -> str:
    return key if re.fullmatch(r"[\w-]+", key) else f'"{key}"'


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if not isinstance(value, str):
        return str(value)
    text = value if len(value) < 300 else f"{value[:60]} ... {value[-20:]}"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else OUT)
