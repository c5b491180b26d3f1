"""Studies and panels that somebody made to do harm: each must be refused, or do none, and touch nothing."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from firmtrade import Study
from firmtrade.errors import FirmtradeError
from support_ledger import drawn, write
from support_panels import write_excel

HEAD = """
[panel]
files = "firms.csv"
classification = "NACE 1.1"
"""
TABLE = """
[tables.one]
title = "One"
sample = "all-firms"
period = 2002
measures = ["firms"]
by = { region = ["BE1", "_T"] }
"""
_BOMB = b'<!DOCTYPE x [<!ENTITY a "ha">' + b"".join(
    f'<!ENTITY {new} "{f"&{old};" * 10}">'.encode() for old, new in zip("abcdefghi", "bcdefghij", strict=True)
) + b"]>"  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One attempt: what is tried, as a study, or as something done to a folder that gives the study."""

    kind: str
    what: str
    study: str | Callable[[Path], Path]
    harmless: bool = False  # it may go through, for it does nothing


def _expression(text: str, kind: str = "SQL in an expression") -> Case:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    word = f'[measures.bad]\ntitle = "Bad"\nexpr = "{quoted}"\nunit = "1"\nsource = "own"\n'
    shown = text if len(text) < 60 else f"{text[:30]} ... ({len(text):,} characters)"
    return Case(kind, shown, HEAD + TABLE.replace('"firms"]', '"bad"]') + word)


def _named(part: str, name: str, entry: str) -> Case:
    return Case("a name that is a path", f"[{part}.{name!r}]", HEAD + TABLE + f"[{part}.{name}]\n{entry}")


def _said(kind: str, what: str, text: str, harmless: bool = False) -> Case:
    return Case(kind, what, text, harmless)


_WORD = 'title = "x"\nexpr = "sum(employment)"\nunit = "1"\nsource = "own"\n'
_ENTRY = 'sample = "all-firms"\nperiod = 2002\nmeasures = ["firms"]\n'
EXPRESSIONS = (
    "1); drop table panel; --", "sum(employment); drop table panel", "(select count(*) from panel)",
    "sum((select max(turnover) from panel))", "sum(employment) union select 1", "count(*) from panel --",
    "exists (select 1)", "sum(employment) over ()", "cast(sum(employment) as varchar)", "sum(employment)::varchar",
    "current_user", "getenv('HOME')", "current_setting('temp_directory')", "sum(employment) -- x\n, firm",
    "list(firm)", "string_agg(firm, ',')", "max(firm)", "first(firm)", "any_value(firm)", "arg_max(firm, turnover)",
)  # fmt: skip
FILES = (
    "read_text('../../../etc/passwd')", "read_csv('x.csv')", "read_parquet('x')", "read_blob('x')", "glob('*')",
    "read_json('x')", "parquet_metadata('x')", "sniff_csv('x')",
)  # fmt: skip
STATEMENTS = (
    "attach 'x.db'", "copy panel to 'x.csv'", "pragma database_list", "install httpfs", "load httpfs",
    "set memory_limit = '1TB'", "export database 'x'", "create table x as select 1", "call pragma_version()",
)  # fmt: skip
DEEP = (
    "(" * 1900 + "1" + ")" * 1900, "not " * 900 + "true", "-" * 3000 + "1", "1" + "+1" * 1900, "sum(" * 700,
    "case when " * 300, "employment" + " or employment" * 280, "coalesce(" * 400 + "1" + ")" * 400, "1" * 3990,
    "x" * 100_000, "1e99999",
)  # fmt: skip


def cases() -> list[Case]:
    """Everything that is tried."""
    found = [_expression(text) for text in EXPRESSIONS]
    found += [_expression(text, "a file function in an expression") for text in FILES]
    found += [_expression(text, "a statement in an expression") for text in STATEMENTS]
    found += [_expression(text, "nesting and numbers without end") for text in DEEP]
    found += [
        _named("tables", f'"{name}"', _ENTRY) for name in ("../x", "a/b", "..", "a\\\\b", "/x", "CON.", "")
    ]
    found += [_named("measures", f'"{name}"', _WORD) for name in ("../x", "a/b", "x'; --", "a b", "A")]
    found += [_named("models", '"../x"', 'kind = "premia"\nsample = "all-firms"\n')]
    return [*found, *_TEXTS, *_PATHS, *_INJECTED, *_SHAPES, *_WORKBOOKS]


_TEXTS = (
    _said("text that is not what it looks like", "a title that runs from right to left",
          'title = "a\\u202eb"\n' + HEAD + TABLE),
    _said("text that is not what it looks like", "a measure with a letter of another alphabet",
          HEAD + TABLE + f'[measures."\\u0435xports"]\n{_WORD}'),
    _said("text that is not what it looks like", "such a letter in an expression",
          HEAD + TABLE + f"[measures.x]\n{_WORD}".replace("employment", "\u0435mployment")),
    _said("text that is not what it looks like", "NUL in a file's name", HEAD.replace("firms.csv", "a\\u0000b") + TABLE),
    _said("text that is not what it looks like", "NUL in a title", 'title = "a\\u0000b"\n' + HEAD + TABLE),
    _said("text that is not what it looks like", "a terminal's escape in a title", 'title = "\\u001b[2J"\n' + HEAD + TABLE),
    _said("text that is not what it looks like", "a title with HTML", 'title = "<script>alert(1)</script>"\n' + HEAD + TABLE,
          harmless=True),
    _said("a formula for a spreadsheet", "in a title", 'title = "=cmd|\' /C calc\'!A0"\n' + HEAD + TABLE, harmless=True),
    _said("a formula for a spreadsheet", "in a note",
          HEAD + TABLE + 'notes = ["@SUM(1+1)*cmd|\' /C calc\'!A0"]\n', harmless=True),
    _said("a formula for a spreadsheet", "as a code", HEAD + TABLE + '[dimensions.x]\ntitle = "x"\nsource = "own"\n'
          "expr = \"case when employment > 1 then '=1+1' else '@x' end\"\n"),
)  # fmt: skip
_PATHS = (
    _said("a path", "extends = a file that is no study", 'extends = "../../../../../../etc/passwd"\n'),
    _said("a path", "published = a file that is no list of figures",
          'published = "../../../../../../etc/passwd"\n' + HEAD + TABLE),
    _said("a path", "ledger = a folder of other files", HEAD + TABLE + '[protect]\nledger = "other"\n'),
    _said("a path", "a panel that is a device", HEAD.replace("firms.csv", "/dev/zero") + TABLE),
    _said("a path", "a panel on the network", HEAD.replace("firms.csv", "https://localhost:1/x.parquet") + TABLE),
    _said("a path", "a panel in a bucket", HEAD.replace("firms.csv", "s3://bucket/x.parquet") + TABLE),
    _said("a path", "a study that extends itself", 'extends = "study.toml"\n'),
)  # fmt: skip
_INJECTED = (
    _said("SQL in other texts", "a code", HEAD + TABLE.replace('"BE1"', "\"BE1' or 1=1 --\"")),
    _said("SQL in other texts", "a column's name",
          HEAD + "[panel.columns]\nfirm = 'firm\" from read_csv(''x''); --'\n" + TABLE),
    _said("SQL in other texts", "a value that means missing",
          HEAD + "missing = { firm = [\"x' or 1=1 --\"] }\n" + TABLE, harmless=True),
    _said("SQL in other texts", "a region", HEAD + "regions = [\"BE' or '1'='1\"]\n" + TABLE,
          harmless=True),
    _said("SQL in other texts", "a constant", HEAD + "constant = { value_added = \"1); drop table panel; --\" }\n" + TABLE),
    _said("SQL in other texts", "the limit of memory", "memory = \"1GB'; drop table panel; --\"\n" + HEAD + TABLE),
    _said("SQL in other texts", "a row that is dropped",
          HEAD + "drop = [{ column = \"firm\", equals = \"x' or 1=1 --\" }]\n" + TABLE, harmless=True),
    _said("SQL in other texts", "a sample", HEAD + TABLE.replace("all-firms", "all-firms' or 1=1 --")),
    _said("SQL in other texts", "a period", HEAD + TABLE.replace("2002", "\"2002 or 1=1\"")),
    _said("SQL in other texts", "the label of a code", HEAD + TABLE.replace("region", "x") + '[dimensions.x]\ntitle = "x"\n'
          "source = \"own\"\nexpr = \"case when employment > 1 then 'BE1' end\"\ncodes = { BE1 = \"'; drop table panel; --\" }\n",
          harmless=True),
)  # fmt: skip
_SHAPES = (
    _said("a file without end", "lists 5,000 deep", "x = " + "[" * 5000 + "]" * 5000),
    _said("a file without end", "tables 500 deep", "[" + ".".join("a" * 500) + "]\nx = 1\n"),
    _said("a file without end", "a number of 5,000 digits", "x = " + "9" * 5000),
    _said("a file without end", "six million bytes", "# " + "x" * 6_000_000),
    _said("a file without end", "a text of a million characters", f'title = "{"x" * 1_000_000}"\n' + HEAD + TABLE),
    _said("a file without end", "a year in ten billion", HEAD + TABLE.replace("2002", "10000000000000"), harmless=True),
    _said("a file without end", "windows of a billion years",
          HEAD + TABLE.replace("period = 2002", 'window = "w"') + "[windows.w]\nt0 = 1\nt1 = 2\noutcome = 999999999\n",
          harmless=True),
    _said("a file without end", "a word defined by itself",
          HEAD + TABLE.replace('"firms"', '"x"') + f"[measures.x]\n{_WORD}".replace("sum(employment)", "x / x")),
    _said("a file without end", "two words defined by each other", HEAD + TABLE.replace('"firms"', '"x"')
          + f"[measures.x]\n{_WORD}".replace("sum(employment)", "1 + y") + f"[measures.y]\n{_WORD}".replace("sum(employment)", "1 + x")),
    _said("a file without end", "a million codes", HEAD + TABLE.replace('"BE1"', ", ".join(['"BE1"'] * 100_000)), harmless=True),
)  # fmt: skip


def _book(change: Callable[[str, bytes], bytes]) -> Callable[[Path], Path]:
    """A study of a workbook in which the parts are changed."""

    def made(folder: Path) -> Path:
        sound = write_excel(folder / "sound.xlsx")
        with (
            zipfile.ZipFile(sound) as old,
            zipfile.ZipFile(folder / "firms.xlsx", "w", zipfile.ZIP_DEFLATED) as new,
        ):
            for name in old.namelist():
                new.writestr(name, change(name, old.read(name)))
        path = folder / "study.toml"
        path.write_text(HEAD.replace("firms.csv", "firms.xlsx") + TABLE, encoding="utf-8")
        return path

    return made


def _with_entities(name: str, part: bytes) -> bytes:
    if not name.endswith("sheet1.xml"):
        return part
    head, _, rest = part.partition(b"?>")
    return head + b"?>" + _BOMB + rest.replace(b"<sheetData>", b"<sheetData>&j;", 1)


def _external(name: str, part: bytes) -> bytes:
    if not name.endswith("sharedStrings.xml"):
        return part
    head, _, rest = part.partition(b"?>")
    dtd = b'<!DOCTYPE x [<!ENTITY j SYSTEM "file:///etc/passwd">]>'
    return head + b"?>" + dtd + rest.replace(b"<t>firm</t>", b"<t>&j;</t>")


def _blown_up(name: str, part: bytes) -> bytes:
    return (
        part.replace(b"</sheetData>", b"</sheetData>" + b" " * 200_000_000)
        if name.endswith("sheet1.xml")
        else part
    )


def _broken(name: str, part: bytes) -> bytes:
    return part[: len(part) // 2] if name.endswith("sheet1.xml") else part


_WORKBOOKS = (
    Case("a workbook", "a zip bomb: 200 MB in 200 KB", _book(_blown_up)),
    Case("a workbook", "entities that grow to a billion", _book(_with_entities)),
    Case("a workbook", "an entity that reads another file", _book(_external)),
    Case("a workbook", "a sheet that breaks off", _book(_broken)),
)


def tried(case: Case, folder: Path) -> str:
    """What became of a case: 'refused' or 'of no harm'. AssertionError if it did anything else."""
    write(folder / "firms.csv", drawn(40))
    (folder / "other").mkdir()
    (folder / "other" / "notes.txt").write_text("mine", encoding="utf-8")
    if isinstance(case.study, str):
        path = folder / "study.toml"
        path.write_text(case.study, encoding="utf-8")
    else:
        path = case.study(folder)
    before = _listing(folder)
    out = folder.parent / f"{folder.name}-out"
    try:
        Study(path, threads=1).run(out, unprotected="to see what it does")
    except FirmtradeError as error:
        assert str(error).strip() and len(str(error)) < 20_000, "a message that says too little or too much"
        assert "root:" not in str(error), "the message has the content of another file"
        assert not out.exists() and _listing(folder) == before, "something was written"
        return "refused"
    assert case.harmless, "it went through"
    assert _listing(folder) == before, "something was written"
    assert sorted(path.name for path in folder.parent.iterdir()) == sorted((folder.name, out.name))
    _no_formula(out)
    return "of no harm"


def _listing(folder: Path) -> list[tuple[str, bytes]]:
    return sorted((str(path), path.read_bytes()) for path in folder.rglob("*") if path.is_file())


def _no_formula(out: Path) -> None:
    """Nothing that a spreadsheet would run, no script in the page."""
    import openpyxl

    book = openpyxl.load_workbook(out / "tables.xlsx")
    for sheet in book:
        for row in sheet.iter_rows():
            assert not any(cell.data_type == "f" for cell in row), "a formula"
    cells = [
        cell
        for line in (out / "tables.csv").read_text(encoding="utf-8").splitlines()
        for cell in line.split(",")
    ]
    assert not any(cell.startswith(("=", "@", "+", "\t")) for cell in cells), "a formula in tables.csv"
    assert "<script>alert" not in (out / "report.html").read_text(encoding="utf-8"), "a script"


@dataclass
class Group:
    """The cases of a kind: how many were refused, how many do no harm, and what is wrong with others."""

    kind: str
    refused: int = 0
    harmless: int = 0
    wrong: tuple[str, ...] = ()


def all_tried(folder: Path) -> list[Group]:
    """Every case, by kind."""
    groups: dict[str, Group] = {}
    for number, case in enumerate(cases()):
        group = groups.setdefault(case.kind, Group(case.kind))
        place = folder / f"malice-{number}"
        (place / "in").mkdir(parents=True)
        try:
            done = tried(case, place / "in")
            group.refused += done == "refused"
            group.harmless += done != "refused"
        except Exception as error:
            group.wrong += (f"{case.what[:60]}: {type(error).__name__}: {str(error)[:150]}",)
        shutil.rmtree(place)
    return [*groups.values(), _links(folder)]


def _links(folder: Path) -> Group:
    """Links in the output folder lead elsewhere: what they lead to stays, only the link is replaced."""
    group = Group("links in the output folder")
    for name in ("tables.csv", "figures", "report.html"):
        place, elsewhere = folder / f"links-{name}", folder / f"elsewhere-{name}"
        place.mkdir()
        write(place / "firms.csv", drawn(40))
        study = place / "study.toml"
        study.write_text(HEAD + TABLE, encoding="utf-8")
        out = Study(study, threads=1).run(place / "out", unprotected="to see what it does")
        elsewhere.mkdir()
        (elsewhere / "mine").write_text("mine", encoding="utf-8")
        shutil.rmtree(out / name) if (out / name).is_dir() else (out / name).unlink()
        (out / name).symlink_to(elsewhere if name == "figures" else elsewhere / "mine")
        try:
            Study(study, threads=1).run(out, unprotected="to see what it does")
            assert not (out / name).is_symlink()
            group.harmless += 1
        except FirmtradeError:
            group.refused += 1
        if (elsewhere / "mine").read_text(encoding="utf-8") != "mine":
            group.wrong += (f"{name}: what the link leads to was changed",)
    return group
