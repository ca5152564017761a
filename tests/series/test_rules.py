"""What makes a point: `cases/rows.tsv` in, `cases/points.tsv` out, by the names of the cases and what is asked."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import get_args
from urllib.parse import parse_qsl

import pytest

from chitieu.catalogue.load import load_catalogue
from chitieu.cli.main import parser
from chitieu.errors import BadRequest, IndicatorAmbiguous, IndicatorUnknown
from chitieu.series.answer import Frequency, Reason
from chitieu.series.columns import as_markdown
from chitieu.series.query import indicator_named, query_of
from chitieu.series.rows import row_of
from series_made import INDICATOR, answer, lines, row, rows, told

ASKED = list(dict.fromkeys((line["case"], line["asked"]) for line in lines("points.tsv")))


def wanted(case: str, asked: str) -> list[dict[str, str]]:
    found = [line for line in lines("points.tsv") if (line["case"], line["asked"]) == (case, asked)]
    cells = [{key: value for key, value in line.items() if value and key not in ("case", "asked")} for line in found]
    return [] if cells == [{"frequency": "nothing"}] else cells


@pytest.mark.parametrize(("case", "asked"), ASKED)
def test_rows_become_points(case, asked):
    given = rows(case)
    got = answer(given, **dict(parse_qsl(asked)))
    assert [{k: v for k, v in line.items() if v} for line in told(got)] == wanted(case, asked)
    for seed in range(3):  # in whatever order they come
        random.Random(seed).shuffle(given)
        assert answer(given, **dict(parse_qsl(asked))) == got


def test_every_case_is_asked_for():
    assert {line["case"] for line in lines("rows.tsv")} == {case for case, _ in ASKED}


def test_a_statement_says_where_it_stands():
    (one,) = answer(rows("restated")).series
    (point,) = one.points
    first, again = point.statements
    assert (first.document.name, first.document.id, first.text, first.unit) == (
        "2022.docx", "id of 2022.docx", "63,15", "triệu đồng/người",
    )  # fmt: skip
    assert (first.start - first.sentence_start, first.end - first.start) == (5, 4) and first.sentence == "GRDP 63,15."
    assert first.document.period.text == "năm 2022" and again.document.name == "9t.docx"
    assert first.difference is None and again.difference is None  # they agree within what is printed
    assert (one.summary.restated, one.summary.conflicting, answer(rows("restated")).documents) == (1, 0, 4)


def test_printed_zeros_are_kept_wherever_the_row_is_from():
    """A data set's columns do not keep the zeros behind the comma; the printed words do."""
    for text, number, kept in [
        ("63,0", "63.000000000000", "63.0"),
        ("40.000", "40000.000000000000", "40000"),
        ("1.234,50", "1234.500000000000", "1234.50"),
        ("-4,10", "-4.100000000000", "-4.10"),
        ("7.215", "7215", "7215"),
        ("63,15", "63.15", "63.15"),
    ]:
        made = row_of({"level": text, "number": Decimal(number), "form": "plain"}, document_id="1", name="a")
        assert str(made.number) == kept, text


def test_a_long_quotient_is_the_same_as_a_data_set_has_it():
    line = {"value": "63,15", "unit": "triệu đồng/người", "period": "năm 2021", "implied": "65.0360453141091658"}
    assert str(row(line).implied_target) == "65036045.3141091658"


def test_parts_whose_own_words_hold_what_parts_them_are_not_mixed():
    def parts(texts, kinds):
        made = row_of({"breakdown": texts, "breakdown_kind": kinds}, document_id="1", name="a")
        return [(part.text, part.kind) for part in made.breakdown]

    assert parts("nông thôn > nữ", "area > sex") == [("nông thôn", "area"), ("nữ", "sex")]
    assert parts("Hộ > 5 người", "item") != parts("Hộ > 3 người", "item") == [("Hộ > 3 người", "item")]
    assert parts("nữ > hộ > 5 người", "sex > item") != parts("nữ > hộ > 3 người", "sex > item")


def test_a_number_of_any_length_is_told():
    made = row_of({"level": "9" * 4000, "number": Decimal("9" * 4000)}, document_id="1", name="a")
    assert f"{made.number:f}" == "9" * 4000


@pytest.mark.parametrize(
    ("query", "id"),
    [
        (INDICATOR, INDICATOR),
        ("GRDP bình quân đầu người", INDICATOR),
        ("grdp binh quan dau nguoi", INDICATOR),
        ("thu ngân sách", "thu-ngan-sach-nha-nuoc-tren-dia-ban"),
        ("ho ngheo", "so-ho-ngheo"),
        ("0505", "tong-san-pham-trong-nuoc-binh-quan-dau-nguoi"),
    ],
)
def test_an_indicator_is_found_by_id_code_or_name(query, id):
    assert indicator_named(load_catalogue(), query).id == id


def test_a_name_of_several_indicators_is_answered_with_them():
    with pytest.raises(IndicatorAmbiguous) as caught:
        indicator_named(load_catalogue(), "sản lượng")
    suggestions = caught.value.detail["suggestions"]
    assert "san-luong-lua" in [one["id"] for one in suggestions]
    assert set(suggestions[0]) == {"id", "name_vi", "name_en", "score"}


@pytest.mark.parametrize("query", ["xyzzy qwrtp", "", "   ", "!!"])
def test_a_name_of_none_is_unknown(query):
    with pytest.raises(IndicatorUnknown) as caught:
        indicator_named(load_catalogue(), query)
    assert caught.value.detail["suggestions"] == []


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"first": "năm 2021"}, "from"),
        ({"last": "2021-13"}, "to"),
        ({"first": "2022", "last": "2021"}, "from"),
        ({"status": "plan"}, "status"),
        ({"frequency": "yearly"}, "frequency"),
        ({"breakdown": "…"}, "breakdown"),
        ({"place": "?"}, "place"),
    ],
)
def test_a_faulty_question_is_a_bad_request_that_names_what(query, named):
    with pytest.raises(BadRequest) as caught:
        query_of(**query)
    assert named in caught.value.detail and f"`{named}`" in caught.value.message


def test_what_is_left_out_is_counted_where_it_is_too_much_to_list():
    line = {"value": "63", "unit": "%", "document": "a.docx"}
    got = answer([row(line, at) for at in range(130)])
    assert len(got.left_out) == 100 and got.left_out_more == 30
    assert got.left_out[0].statement.number == "63" and got.left_out[0].reason == "no_period"


def test_the_documentation_has_every_column(root):
    assert as_markdown() in (root / "docs" / "exports.md").read_text("utf-8")


def test_the_documentation_has_every_option_frequency_and_reason(root):
    page = (root / "docs" / "series.md").read_text("utf-8")
    series = next(a for a in parser()._actions if a.dest == "command").choices["series"]
    for action in series._actions:
        assert action.dest == "help" or f"`{action.option_strings[0]}`" in page, action.dest
    for word in (*get_args(Frequency), *get_args(Reason)):
        assert f"`{word}`" in page
