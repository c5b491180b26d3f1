"""What declarations call periods, flows, partners and products; who is inside a union, and when."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmtrade.acquire.transactions import partners, periods, products
from firmtrade.acquire.transactions.spec import Correspondence
from firmtrade.assemble.trade.blocs import bloc, bloc_names
from firmtrade.assemble.trade.identifiers import latest
from firmtrade.assemble.trade.thresholds import of_country, thresholds
from firmtrade.errors import DataError, StudyError
from firmtrade.study import read_study


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("BE", "BE"), ("bel", "BE"), ("056", "BE"), ("56", "BE"), ("Belgium", "BE"), ("EL", "GR"),
        ("UK", "GB"), ("Great Britain", "GB"), ("XI", "XI"), ("Korea, Republic of", "KR"), ("türkiye", "TR"),
        ("South Korea", "KR"), ("Turkey", "TR"), ("Côte d\u2019Ivoire", "CI"), ("COTE D'IVOIRE", "CI"),
        ("St. Lucia", "LC"), ("ZR", "CD"), ("Zaire", "CD"), ("TP", "TL"), ("YU", "YU"), ("CS", "CS"),
        ("Czechoslovakia", "CS"), ("DD", "DD"), ("SU", "SU"), ("Czech Republic", "CZ"), ("NA", "NA"),
        ("842", "US"), ("U.S.A.", "US"), ("Bosnia & Herzegovina", "BA"), ("QV", "QV"), ("bunkers", "QQ"),
        ("Not allocated", "QU"), ("confidential", "QX"), ("Stores and provisions", "QQ"),
    ],
)  # fmt: skip
def test_partner(text: str, code: str) -> None:
    found = partners.find(text)
    assert found is not None and found.code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Duitsland", "DE"), ("Allemagne", "DE"), ("DEUTSCHLAND", "DE"), ("Alemania", "DE"),
        ("Österreich", "AT"), ("Oesterreich", "AT"), ("Etats-Unis", "US"), ("Côte d'Ivoire", "CI"),
        ("Elfenbeinküste", "CI"), ("Niger", "NE"), ("Nigéria", "NG"), ("Guinée", "GN"), ("Germania", "DE"),
        ("Vertrouwelijk", "QX"), ("Non spécifié", "QU"), ("Tsjechië", "CZ"), ("Reino Unido", "GB"),
    ],
)  # fmt: skip
def test_names_in_other_languages(text: str, code: str) -> None:
    found = partners.find(text)
    assert found is not None and found.code == code


def test_no_name_of_another_language_means_two_partners() -> None:
    import tomllib

    from firmtrade.catalog import DEFINITIONS

    parts = tomllib.loads((DEFINITIONS / "partner_names.toml").read_text(encoding="utf-8"))
    languages = [entry for entry in parts.values() if isinstance(entry, dict)]
    listed = [(name, code) for names in languages for code, told in names.items() for name in told]
    assert len(listed) > 900
    for name, code in listed:
        found = partners.find(name)
        assert found is not None and found.code == code, name


@pytest.mark.parametrize("text", ["World", "TOTAL", "0", "EU27_2020", "Grand total", "Intra-EU"])
def test_a_sum_of_partners_is_none(text: str) -> None:
    found = partners.find(text)
    assert found is not None and found.kind == "sums" and not found.is_country


def test_an_unknown_partner_has_a_nearest_one() -> None:
    assert partners.find("Germny") is None and partners.near("Germny") == "DE (Germany)"
    assert partners.near("qqqqqq") == ""


def test_no_code_means_two_partners() -> None:
    """ISO codes are unambiguous; a name or further code that two entries had would hide one of them."""
    import tomllib

    from firmtrade.catalog import DEFINITIONS

    parts = tomllib.loads((DEFINITIONS / "partners.toml").read_text(encoding="utf-8"))
    seen: dict[str, str] = {}
    for kind in ("countries", "historic", "territories", "special"):
        for code, entry in parts[kind].items():
            for other in (code, entry.get("iso3"), str(entry.get("m49", "")), *entry.get("codes", ())):
                assert not other or seen.setdefault(other, code) == code, other
    names: dict[str, str] = {}
    for kind in ("countries", "historic", "territories", "special"):
        for code, entry in parts[kind].items():
            for name in (entry["name"], *entry.get("names", ())):
                assert names.setdefault(partners.plain(name), code) == code, name


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2002", (2002, 0)), ("2002.0", (2002, 0)), ("200205", (2002, 5)), ("2002-05", (2002, 5)),
        ("2002M05", (2002, 5)), ("2002-05-31", (2002, 5)), ("20020531", (2002, 5)), ("05/2002", (2002, 5)),
        ("2002-05-31 00:00:00", (2002, 5)),
        ("31.05.2002", (2002, 5)), ("31/05/2002", (2002, 5)), ("May 2002", (2002, 5)), ("05/06/2002", None),
        ("200252", None), ("200200", None), ("2002Q1", None), ("May", None), ("1302", None),
    ],
)  # fmt: skip
def test_period(text: str, found: tuple[int, int] | None) -> None:
    assert periods.period(text) == found


def test_flow() -> None:
    assert [periods.flow(text) for text in ("Import", "X", "arrivals", "1", "sideways")] == [
        "import", "export", "import", "", "",
    ]  # fmt: skip


MEMBERS = {1985: 10, 1986: 12, 1995: 15, 2004: 25, 2007: 27, 2013: 28, 2020: 27}
COUNTRIES = [
    "BE",
    "DE",
    "FR",
    "IT",
    "LU",
    "NL",
    "DK",
    "IE",
    "GB",
    "GR",
    "ES",
    "PT",
    "AT",
    "FI",
    "SE",
    "CY",
    "CZ",
    "EE",
    "HU",
    "LT",
    "LV",
    "MT",
    "PL",
    "SI",
    "SK",
    "BG",
    "RO",
    "HR",
]


@pytest.mark.parametrize(("year", "number"), MEMBERS.items())
def test_the_union_has_so_many_members_at_the_end_of_a_year(year: int, number: int) -> None:
    union = bloc("EU")
    assert sum(union.holds(code, year) is True for code in COUNTRIES) == number


def test_the_month_decides_where_it_is_known() -> None:
    union = bloc("EU")
    assert [union.holds("PL", 2004, month) for month in (4, 5)] == [False, True]
    assert [union.holds("HR", 2013, month) for month in (6, 7)] == [False, True]
    assert [union.holds("GB", 2020, month) for month in (1, 2)] == [True, False]
    assert [bloc("EU-customs").holds("GB", *when) for when in ((2020, 12), (2021, 1))] == [True, False]
    rules = [union.holds("PL", 2004, joining=rule) for rule in ("december", "january", "unknown")]
    assert rules == [True, False, None]
    assert union.holds("PL", 2003, joining="unknown") is False


def test_special_codes_say_where_they_are_or_nobody_can_tell() -> None:
    union = bloc("EU")
    assert [union.holds(code, 2005) for code in ("QR", "QV", "QY")] == [True] * 3
    assert [union.holds(code, 2005) for code in ("QS", "QW", "QZ")] == [False] * 3
    assert [union.holds(code, 2005) for code in ("QQ", "QU", "QX", "QP", "unknown")] == [None] * 5
    assert [union.holds("XI", 2020, 6), union.holds("XI", 2021, 6), union.holds("MC", 2005)] == [
        False,
        True,
        True,
    ]


def test_fixed_unions_are_the_same_in_all_years() -> None:
    sizes = {"EU-12": 12, "EU-15": 15, "EU-25": 25, "EU-27-2007": 27, "EU-28": 28, "EU-27-2020": 27}
    for name, size in sizes.items():
        union = bloc(name)
        for year in (1990, 2000, 2030):
            assert sum(union.holds(code, year) is True for code in COUNTRIES) == size
    assert bloc("euro-area").holds("GR", 2000) is False and bloc("euro-area").holds("GR", 2001) is True
    assert bloc("EFTA").holds("AT", 1994) is True and bloc("EFTA").holds("AT", 1995) is False
    assert bloc("EEA").holds("NO", 1994) is True and bloc("EEA").holds("NO", 1993) is False


def test_every_bloc_and_threshold_has_a_source_that_is_declared() -> None:
    known = set(read_study("belgium-2002").catalog.names("source"))
    assert {bloc(name).source.split("#")[0] for name in bloc_names()} <= known
    assert {one.source for code in ("BE", "DE", "GR") for one in of_country(code).entries} <= known


def test_a_union_of_ones_own() -> None:
    own = {"Benelux": {"members": [{"codes": ["BEL", "Netherlands", "LU"], "from": "1948-01"}]}}
    union = bloc("Benelux", own)
    assert (
        union.holds("NL", 1950) is True
        and union.holds("NL", 1947) is False
        and union.holds("DE", 1950) is False
    )


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ({"x": {"members": [{"codes": ["Germny"]}]}}, "'Germny' is no country"),
        ({"x": {"members": [{"codes": ["DE"], "from": "2004"}]}}, "'2004' is not a month such as 2004-05"),
        ({"x": {"members": [{"codes": ["DE"], "form": "2004-05"}]}}, "Did you mean 'from'"),
        ({"x": {"like": "x"}}, "not like itself"),
        ({"x": {"like": "EUU"}}, "Did you mean 'EU'"),
        ({"x": {"member": []}}, "Did you mean 'members'"),
    ],
)
def test_a_wrong_union_is_refused(own: dict[str, object], says: str) -> None:
    with pytest.raises(StudyError, match=says):
        bloc("x", own)


def test_an_unknown_union_is_refused() -> None:
    with pytest.raises(StudyError, match=r"no union 'EU-16'\. Did you mean 'EU-1[25]'"):
        bloc("EU-16")


def test_thresholds() -> None:
    known = thresholds({}, "BE", "study.toml")
    assert known.of("import_intra", 2014) == 700_000 and known.of("import_intra", 2015) == 1_500_000
    assert known.of("import_intra", 1998) is None and known.of("import_extra", 2015) is None
    assert known.changes((2013, 2014, 2015)) == [(2015, "import_intra", 700_000, 1_500_000)]
    own = {"values": [{"flow": "import_intra", "value": 10, "source": "own"}]}
    assert thresholds(own, "BE", "study.toml").of("import_intra", 1900) == 10
    with pytest.raises(StudyError, match="Did you mean 'import_intra'"):
        thresholds({"values": [{"flow": "import_intr", "value": 1, "source": "own"}]}, "BE", "study.toml")
    with pytest.raises(StudyError, match="'source' is missing"):
        thresholds({"values": [{"flow": "import_intra", "value": 1}]}, "BE", "study.toml")


def test_identifiers_lead_to_the_end_of_their_chain() -> None:
    assert latest({"a": "b", "b": "c", "x": "y"}, "changes.csv") == {"a": "c", "b": "c", "x": "y"}
    with pytest.raises(DataError, match="the identifiers b -> c -> b become each other"):
        latest({"a": "b", "b": "c", "c": "b"}, "changes.csv")


def _table(tmp_path: Path, text: str, **spec: str) -> list[products.Line]:
    (tmp_path / "table.csv").write_text(text, encoding="utf-8")
    return products.read_correspondence(
        Correspondence.model_validate({"file": "table.csv", **spec}), "CN", tmp_path
    )


def test_a_correspondence_by_date(tmp_path: Path) -> None:
    text = "cn,bec,s,e\n1012100,111,01/01/1988,31/12/2001\n01012100,112,01/01/2002,31/12/2500\ncn,bec,s,e\n"
    lines = _table(tmp_path, text, **{"from": "cn", "to": "bec", "start": "s", "end": "e"})
    assert products.in_year(lines, False, 2001) == {"01012100": {"111": 1.0}}
    assert products.in_year(lines, False, 2002) == {"01012100": {"112": 1.0}}


def test_a_correspondence_with_weights(tmp_path: Path) -> None:
    lines = _table(tmp_path, "from;to;w\n01;a;0.25\n01;b;0.75\n", weight="w")
    assert products.in_year(lines, True, 2002) == {"01": {"a": 0.25, "b": 0.75}}
    with pytest.raises(DataError, match=r"weights of 01 \(a, b\) add up to 0.95, not 1"):
        _table(tmp_path, "from;to;w\n01;a;0.25\n01;b;0.7\n", weight="w")
    with pytest.raises(DataError, match="leads to a, b at once"):
        _table(tmp_path, "from;to\n01;a\n01;b\n")
    with pytest.raises(DataError, match="has no column 'form'"):
        _table(tmp_path, "from;to\n01;a\n", **{"from": "form"})


def test_codes_are_tidied() -> None:
    assert [products.tidy(text, "CN") for text in ("0101.21.00", "1012100", "84 71")] == [
        "01012100",
        "01012100",
        "8471",
    ]
    assert products.tidy("00150", "SITC") == "00150" and products.tidy(" a.b ", "other") == "a.b"
    assert products.possible("99SSS999", "CN") and not products.possible("010121000", "CN")
