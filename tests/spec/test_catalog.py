"""Words: read, looked up, said in plain English and explained."""

from __future__ import annotations

from typing import Any

import pytest

from firmtrade.catalog import KINDS, Catalog
from firmtrade.classify.expand import CONTRACT, Meaning
from firmtrade.errors import StudyError
from firmtrade.explain import explain
from firmtrade.study import StudySpec, read_study
from firmtrade.words import closure, in_words, uses, word

OWN = {"title": "An example", "unit": "1", "source": "own"}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


@pytest.fixture(scope="module")
def belgium() -> StudySpec:
    return read_study("belgium-2002")


def with_measure(expr: str, **more: Any) -> Catalog:
    return Catalog.load({"measures": {"example": {**OWN, "expr": expr, **more}}})


# -- looking up --------------------------------------------------------------------------------------


def test_every_built_in_word_is_whole(catalog: Catalog) -> None:
    meaning = Meaning(catalog)
    for each in catalog:
        assert each.title
        assert each.kind == "source" or catalog.citation(each.source)
        if each.kind in ("variable", "sample"):
            assert meaning.row(each.tree, each.where) is not None
    assert {each.kind for each in catalog} == set(KINDS)


def test_hyphens_and_underscores_are_one(catalog: Catalog) -> None:
    assert catalog.get("mean_employment", "measure") is catalog.get("mean-employment", "measure")


def test_the_kind_decides_between_words_of_one_name() -> None:
    local = {"parameters": {"firms": {"title": "P", "unit": "1", "source": "own", "values": []}}}
    both = Catalog.load(local)
    assert both.get("firms", "measure").kind == "measure"
    assert both.get("firms", "parameter").kind == "parameter"


@pytest.mark.parametrize(
    ("name", "kinds", "message"),
    [
        ("productivty", ("measure",), "there is no measure 'productivty'. Did you mean 'productivity'?"),
        ("mean_employmnt", ("measure",), "Did you mean 'mean-employment'?"),
        ("exporters", ("variable",), "there is no variable 'exporters'. Did you mean 'exporter'?"),
        ("xyzzy", ("sample",), "there is no sample 'xyzzy'. See all names: firmtrade list"),
        ("sme", ("variable", "sample"), "there is no variable or sample 'sme'. Did you mean 'smes'?"),
        ("nothing-like-it", (), "there is no definition 'nothing-like-it'."),
    ],
)
def test_an_unknown_name_offers_the_nearest(
    catalog: Catalog, name: str, kinds: tuple[str, ...], message: str
) -> None:
    with pytest.raises(StudyError) as raised:
        catalog.get(name, *kinds)
    assert message in str(raised.value)


def test_a_studys_word_replaces_the_built_in_one(catalog: Catalog) -> None:
    own = Catalog.load({"measures": {"firms": {**OWN, "title": "Ours", "expr": "count(firm)"}}}, "mine.toml")
    assert own.get("firms", "measure").title == "Ours"
    assert own.get("firms", "measure").where == "mine.toml, [measures.firms]"
    assert len(list(own)) == len(list(catalog))


def test_a_citation_has_title_and_place(catalog: Catalog) -> None:
    assert catalog.citation("nuts") == catalog.get("nuts", "source").title
    assert catalog.citation("nuts#3") == catalog.get("nuts", "source").title + ", 3"


def test_a_doi_becomes_a_link(catalog: Catalog) -> None:
    assert catalog.get("oecd-1997-technology", "source").link == "https://doi.org/10.1787/134337307632"


def test_codes_of_a_case_need_not_be_listed() -> None:
    expr = "case when employment > 9 then 'large' else 'small' end"
    own = Catalog.load({"dimensions": {"two": {"title": "Two", "expr": expr, "source": "own"}}})
    assert dict(own.get("two", "dimension").codes) == {"large": "large", "small": "small"}


def test_like_takes_over_groups_and_codes(catalog: Catalog) -> None:
    flow, given = catalog.get("flow", "dimension"), catalog.get("given", "dimension")
    assert given.groups == flow.groups
    assert given.codes == flow.codes
    assert given.title != flow.title


def test_words_are_told_in_the_order_of_the_files() -> None:
    own = with_measure("count(*)")
    told = [each.name for each in own.told("measure")]
    assert told[0] == "firms"
    assert told[-1] == "example"
    assert sorted(told) == own.names("measure")


# -- the hash ----------------------------------------------------------------------------------------


def test_the_hash_says_which_definitions_made_a_release(catalog: Catalog) -> None:
    assert Catalog.load().hash() == catalog.hash()
    hashes = {
        catalog.hash(),
        with_measure("count(*)").hash(),
        with_measure("count(firm)").hash(),
        with_measure("count(*)", text="said").hash(),
        with_measure("count(*)", decimals=2).hash(),
        with_measure("count(*)", source="own#2").hash(),
    }
    assert len(hashes) == 6


def test_the_hash_does_not_depend_on_file_names_spaces_or_order() -> None:
    one, two = {**OWN, "expr": "count(*)"}, {**OWN, "expr": "sum(employment)"}
    spaced = {**OWN, "expr": "sum(employment)\n"}
    first = Catalog.load({"measures": {"a": one, "b": two}}, "first.toml")
    second = Catalog.load({"measures": {"b": spaced, "a": one}}, "second.toml")
    assert first.hash() == second.hash()


# -- in words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expr", "said"),
    [
        ("count(*)", "number of firms"),
        ("count(employment)", "number of firms with known employment"),
        ("sum(value_added)", "sum of value added"),
        ("median(turnover)", "median of turnover"),
        ("quantile(employment, 0.25)", "0.25 quantile of employment"),
        ("top_share(exports, 0.1)", "share of value of exports held by the top 0.1 of firms"),
        ("min(founded)", "lowest year of foundation"),
        (
            "sum(employment) filter (where exporter and not importer)",
            "sum of employment, where exporter and not importer",
        ),
        (
            "count(*) filter (where employment between 10 and 49)",
            "number of firms, where employment is between 10 and 49",
        ),
        (
            "count(*) filter (where substring(region, 1, 3) in ('BE1', 'BE2'))",
            "number of firms, where 3 characters of region code from place 1 on is one of BE1, BE2",
        ),
        ("count(*) filter (where turnover is null)", "number of firms, where turnover is unknown"),
        ("count(*) filter (where turnover is not null)", "number of firms, where turnover is known"),
        ("sum(outcome.employment)", "sum of employment in the year of the outcome"),
        ("sum(employment) filter (where t0.exporter)", "sum of employment, where exporter in the first year"),
        (
            "100 * firms / total(firms, flow)",
            "100 x number of firms / number of firms over all of trade flow",
        ),
        ("(firms - 1) / firms", "(number of firms - 1) / number of firms"),
        ("employment / firms", "employment / number of firms"),
    ],
)
def test_formulas_in_words(expr: str, said: str) -> None:
    own = with_measure(expr)
    assert in_words(own.get("example", "measure"), own) == said


def test_every_built_in_formula_can_be_said(catalog: Catalog) -> None:
    for each in catalog:
        said = in_words(each, catalog)
        assert said or each.kind == "source"
        for code in each.codes:  # some are those of others: A_F_H-U
            said = said.replace(code, "")
        assert "_" not in said, f"{each.where}: {said}"


def test_dated_values_in_words(catalog: Catalog) -> None:
    assert in_words(catalog.get("sme-turnover", "parameter"), catalog) == "50,000,000 from 1900"


# -- what is made of what ------------------------------------------------------------------------------


def test_uses_are_read_off_the_expression(catalog: Catalog) -> None:
    def names(name: str, kind: str) -> list[str]:
        return [each.name for each in uses(catalog.get(name, kind), catalog)]

    assert names("participation", "measure") == ["firms", "flow"]
    assert names("exporter", "variable") == ["exports-extra", "exports-intra"]
    assert names("mode", "dimension") == ["exporter", "importer"]
    assert names("employment", "measure") == [], "the column of the same name, not the measure"
    assert names("mean-employment", "measure") == ["employment", "firms-with-employment"]


def test_the_closure_has_each_word_once(catalog: Catalog) -> None:
    found = [each.name for each in closure([catalog.get("mode", "dimension")], catalog)]
    assert found == [
        "mode", "exporter", "exports-extra", "exports-intra", "importer", "imports-extra", "imports-intra",
    ]  # fmt: skip


def test_the_word_of_a_reader(catalog: Catalog) -> None:
    said = word(catalog.get("size", "dimension"), catalog)
    assert said.title == "Size class"
    assert said.text.startswith("Full-time equivalents")
    assert said.formula.startswith("case when employment < 10")
    assert said.codes["0-9"] == "0-9 FTE"
    assert said.source.endswith("5.3.1")


def test_every_column_has_words() -> None:
    from firmtrade.words import COLUMNS

    assert tuple(COLUMNS) == CONTRACT


# -- the card ----------------------------------------------------------------------------------------


def test_the_card_of_a_measure(belgium: StudySpec) -> None:
    card = dict(explain("employment-growth", belgium).parts)
    assert card["measure"] == ("Employment growth",)
    assert card["unit"] == ("percent/year",)
    assert card["adds up"] == ("no: worked out from other measures for each cell",)
    assert card["uses"] == ("first-employment (measure)", "last-employment (measure)")
    assert "table-06" in card["tables"][0]
    assert card["defined in"] == ("measures.toml, [employment-growth]",)


def test_the_card_of_a_sum_shows_columns(belgium: StudySpec) -> None:
    card = dict(explain("export_value", belgium).parts)
    assert card["over columns"] == ("sum((export_intra + export_extra))",)
    assert card["adds up"] == ("yes, over codes that do not overlap",)


def test_the_card_of_a_dimension(belgium: StudySpec) -> None:
    assert dict(explain("flow", belgium).parts)["adds up"][0].startswith("no: a firm may have several")
    assert dict(explain("size", belgium).parts)["adds up"] == ("yes: each firm has one code",)


def test_the_card_of_a_parameter_has_values_by_date(belgium: StudySpec) -> None:
    card = dict(explain("sme-employment", belgium).parts)
    assert card["values"][0].startswith("250 from 1900 (")
    assert card["used by"] == ("smes (sample)", "smes-any-owner (sample)")
    assert card["link"] == ("https://eur-lex.europa.eu/eli/reco/2003/361/oj",)


def test_the_card_of_a_source_says_who_rests_on_it(belgium: StudySpec) -> None:
    card = dict(explain("nuts", belgium).parts)
    assert card["used by"] == ("region (dimension)",)


def test_the_card_of_a_table(belgium: StudySpec) -> None:
    text = str(explain("table-05", belgium))
    assert "productivity of manufacturing-stayers" in text
    assert "firmtrade explain table-05 --sql" in text


def test_a_name_of_several_kinds_gets_all(belgium: StudySpec) -> None:
    headings = [heading for heading, _ in explain("turnover", belgium).parts]
    assert headings.count("measure") == 1
    with pytest.raises(StudyError, match="Did you mean 'productivity'"):
        explain("productivty", belgium)


def test_the_card_in_a_notebook_is_escaped(belgium: StudySpec) -> None:
    shown = explain("size", belgium)._repr_html_()
    assert "employment &lt; 10" in shown
    assert "<th scope='row'" in shown


def test_a_cycle_can_still_be_explained() -> None:
    own = Catalog.load(
        {"measures": {"a": {**OWN, "expr": "b + 1"}, "b": {**OWN, "expr": "a + 1"}}},
    )
    spec = read_study("belgium-2002")
    card = dict(explain("a", StudySpec(**{**vars(spec), "catalog": own, "tables": ()})).parts)
    assert card["uses"] == ("b (measure)",)
    assert card["used by"] == ("b (measure)",)
