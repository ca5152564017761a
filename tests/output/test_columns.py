"""The column definition, what it gives for an answer, and the documentation made from it."""

from __future__ import annotations

import shutil
from datetime import date
from decimal import Decimal

import pytest

from chitieu.contract import Base, Check, Figure, Part, Period, Place, Reference, Target, Unit
from chitieu.errors import CatalogueInvalid
from chitieu.output.columns import DATA, TABLES, as_markdown, columns, for_people, in_words
from chitieu.output.table import plain, rows
from chitieu.output.values import CHECKS, FIGURES, OBSERVATIONS, table

FIRST = (
    "document", "section", "indicator", "catalogue_id", "catalogue_name", "period", "period_start", "period_end", "status",
    "level", "unit", "value", "value_unit", "changes", "shares", "attainments", "start", "end",
)  # fmt: skip
PYTHON = {"text": str, "decimal": Decimal, "integer": int, "date": date}


def test_columns_of_older_versions_keep_names_and_order():
    assert tuple(c.name for c in columns("observations"))[: len(FIRST)] == FIRST


def test_every_column_has_its_function_and_no_function_is_left_over():
    for name, functions in (("observations", OBSERVATIONS), ("figures", FIGURES), ("checks", CHECKS)):
        assert {c.name for c in columns(name)} == set(functions)


def test_values_have_the_type_of_their_column(read_answer):
    assert read_answer.observations
    for name in TABLES:
        for row in table(name, read_answer):
            for column in columns(name):
                cell = row[column.name]
                assert cell is None or type(cell) is PYTHON[column.type], column.name


def test_codes_have_words(read_answer):
    for name in TABLES:
        for column in columns(name):
            for row in table(name, read_answer):
                if column.words and row[column.name]:
                    assert in_words(column.words, row[column.name]) != row[column.name]


def test_every_code_of_the_contract_has_words():
    from typing import get_args

    from chitieu import contract

    codes = {
        "status": contract.Status, "kind": contract.Kind, "form": contract.Form, "bound": contract.BoundName,
        "direction": contract.Direction, "measure": contract.Measure, "relation": contract.Relation,
    }  # fmt: skip
    for group, kinds in codes.items():
        for code in get_args(kinds):
            assert in_words(group, code) != code, (group, code)


def test_people_read_ordered_columns_first():
    for name in TABLES:
        orders = [c.order for c in for_people(name)]
        ordered = [o for o in orders if o is not None]
        assert orders[: len(ordered)] == sorted(set(ordered)) and len(ordered) >= 8


def test_the_documentation_has_the_columns(root):
    text = (root / "docs/exports.md").read_text(encoding="utf-8")
    for name in TABLES:
        assert as_markdown(name) in text, f"docs/exports.md is to hold this table:\n{as_markdown(name)}"


@pytest.mark.parametrize(
    ("column", "cell"),
    [(0, "table"), (1, "document"), (2, "number"), (3, "code nothing"), (4, "first"), (7, ""), (8, ""), (11, "")],
)
def test_a_faulty_definition_is_refused_with_its_place(tmp_path, column, cell):
    for name in ("columns.tsv", "words.tsv"):
        shutil.copy(DATA / name, tmp_path)
    path = tmp_path / "columns.tsv"
    lines = path.read_text(encoding="utf-8").split("\n")
    cells = lines[2].split("\t")
    cells[column] = cell
    lines[2] = "\t".join(cells)
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(CatalogueInvalid) as caught:
        columns("observations", tmp_path)
    assert caught.value.detail["line"] == 3 and caught.value.detail["file"] == "columns.tsv"


def test_an_observation_with_all_that_it_can_have(made):
    answer = made(
        {
            "path": ["xuất khẩu", "gạo"],
            "breakdown": [Part(text="gạo"), Part(text="huyện Càng Long", kind="place", code="844")],
        },
        place=Place(text="Trà Vinh", code="84", name="Tỉnh Trà Vinh"),
        text="Mở đầu. Sản lượng\nđạt 12,5 nghìn tấn, tăng 3%. Hết.",
    )
    row = answer.observations[0]
    level = answer.figures[0]
    level.start, level.end = 22, 26
    before = Period(text="năm 2020", start="2020-01-01", end="2020-12-31")
    percent = Unit(text="%", id="percent", factor="0.01", dimension="ratio")
    more = [
        Figure(id="c1", start=46, end=48, text="3%", kind="change", number="3", unit=percent, value="0.03", direction="up",
               ratio="1.03", measure="relative", base=Base(text="so với năm 2020", kind="previous_year", period=before)),
        Figure(id="c2", start=49, end=50, text="400", kind="change", number="400", value="400", direction="up", measure="amount"),
        Figure(id="a1", start=51, end=52, text="vượt 4%", kind="attainment", number="4", unit=percent, value="0.04", ratio="1.04",
               direction="exceeded", measure="relative", implied_target=Target(value="12019.23", unit="t"),
               reference=Reference(text="kế hoạch", kind="plan", issuer="tỉnh")),
        Figure(id="s1", start=53, end=54, text="35%", kind="share", number="35", unit=percent, value="0.35"),
        Figure(id="r1", start=55, end=56, text="12,5", kind="level", number="12.5", value="12500"),
    ]  # fmt: skip
    answer.figures += more
    row.changes, row.attainments, row.shares, row.repeats = ["c1", "c2"], ["a1"], ["s1"], ["r1"]
    answer.checks = [
        Check(kind="change", figures=["f1", "c1"], stated="1.03", computed="1.029", ok=True),
        Check(kind="repeat", figures=["r1", "f1"], stated="12500", computed="12600", ok=False),
        Check(kind="part", figures=["s1"], relation="at_most", stated="0.35", computed="1", ok=True),
    ]
    (got,) = table("observations", answer)
    expected = {
        "breakdown": "gạo > huyện Càng Long", "breakdown_kind": "item > place", "breakdown_code": "844", "place_code": "84",
        "place_name": "Tỉnh Trà Vinh", "document_period_end": date(2021, 12, 31), "number": Decimal("12.5"), "value": Decimal(12500),
        "unit_factor": Decimal(1000), "change_direction": "up", "change_ratio": Decimal("1.03"), "change_value": Decimal("0.03"),
        "change_base_start": date(2020, 1, 1), "changes_more": 1, "share_value": Decimal("0.35"), "shares_more": 0,
        "attainment_ratio": Decimal("1.04"), "attainment_value": Decimal("0.04"), "attainment_reference": "kế hoạch",
        "attainment_issuer": "tỉnh", "implied_target": Decimal("12019.23"), "implied_target_unit": "t", "attainments_more": 0,
        "repeats": 1, "checks": 3, "checks_failed": 1, "sentence": "Sản lượng đạt 12,5 nghìn tấn, tăng 3%.", "sentence_start": 8,
        "sentence_end": 46, "model": "hand 1.0",
    }  # fmt: skip
    assert {name: got[name] for name in expected} == expected


def test_the_whole_of_a_share_is_in_its_words_or_in_the_path(read_answer):
    row = next(r for r in table("observations", read_answer) if r["share_value"] is not None)
    assert row["share_value"] == Decimal("0.35") and row["share_of"] is None
    answer = read_answer.model_copy(deep=True)
    share = next(f for f in answer.figures if f.kind == "share")
    phrase = next(s for s in answer.spans if s.id == share.phrase)
    phrase.text += " dân số"
    assert next(r for r in table("observations", answer) if r["share_value"] is not None)["share_of"] == "dân số"
    share.text = "\x1f"  # white space to Python: a tagger may take any sign for a figure
    assert next(r for r in table("observations", answer) if r["share_value"] is not None)["share_of"] is None


def test_text_is_composed_and_on_one_line(made):
    answer = made({"text": "12,5\n  nghi\u0300n", "path": ["Sa\u0309n  lượng\n"]})
    row = rows(answer)[0]
    assert row["level"] == "12,5 nghìn" and row["indicator"] == "Sản lượng"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (Decimal("1E+3"), "1000"), (Decimal("0.10"), "0.10"), (Decimal("-0.000000012"), "-0.000000012"),
     (date(2021, 3, 5), "2021-03-05"), (0, "0"), ("x", "x")],
)  # fmt: skip
def test_values_as_text(value, text):
    assert plain(value) == text


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("txt", "Dòng một có 5 xã và 7\nxã khác."),
        ("docx", "xã khác."),
    ],
)
def test_a_line_is_a_paragraph_only_where_the_file_says_so(made, kind, sentence):
    text = "Mở đầu.\nDòng một có 5 xã và 7\nxã khác. Hết."
    answer = made({"start": text.index("xã khác"), "end": text.index("xã khác") + 2}, text=text)
    answer.document.kind = kind
    row = table("observations", answer)[0]
    assert text[row["sentence_start"] : row["sentence_end"]] == sentence


def test_a_sentence_does_not_end_in_an_abbreviation_or_a_number(made):
    text = "Hết. TP. Cao Lãnh có 1.250 hộ. Hết."
    answer = made({"start": text.index("1.250"), "end": text.index("1.250") + 5}, text=text)
    assert table("observations", answer)[0]["sentence"] == "TP. Cao Lãnh có 1.250 hộ."


def test_without_its_text_an_answer_has_no_sentences(made):
    assert table("observations", made({}))[0]["sentence"] is None


def test_an_empty_answer_has_empty_tables(made):
    assert [table(name, made()) for name in TABLES] == [[], [], []]


PERCENT = Unit(text="%", id="percent", factor="0.01", dimension="ratio")


@pytest.mark.parametrize(
    ("figures", "check", "words"),
    [
        (
            [{"text": "92,9%", "number": "92.9", "value": "0.929", "unit": PERCENT}],
            {"kind": "fraction", "stated": "0.929", "computed": "0.929204", "ok": True},
            ("92,9%", "92,9204%", "Phân số và tỷ lệ: văn bản nêu 92,9%; các số khác cho 92,9204%: khớp (do làm tròn)."),
        ),
        (
            [{"text": "7,5%", "number": "7.5", "value": "0.075", "ratio": "1.075", "unit": PERCENT}],
            {"kind": "attainment", "stated": "1.075", "computed": "1.1", "ok": False},
            ("7,5% (= 107,5%)", "110%", "So với kế hoạch: văn bản nêu 7,5% (= 107,5%); các số khác cho 110%: không khớp."),
        ),
        (
            [{"text": "1.250", "number": "1250", "value": "1250000"}],
            {"kind": "sum", "stated": "1250000", "computed": "1250000", "ok": True},
            ("1.250 nghìn tấn", "1.250 nghìn tấn", "Cộng lại: văn bản nêu 1.250 nghìn tấn; các số khác cho 1.250 nghìn tấn: khớp."),
        ),
        (
            [{"text": "30%", "number": "30", "value": "0.3", "unit": PERCENT}, {"text": "69%", "number": "69", "value": "0.69", "unit": PERCENT}],
            {"kind": "sum", "stated": "1", "computed": "0.99", "ok": False},
            ("100%", "99%", "Cộng lại: văn bản nêu 100%; các số khác cho 99%: không khớp."),
        ),
        (
            [{"text": "48/40", "number": "48", "denominator": "40", "value": None, "unit": None, "form": "rank"}],
            {"kind": "rank", "relation": "at_most", "stated": "48", "computed": "40", "ok": False},
            ("48/40", "40", "Thứ hạng: văn bản nêu 48/40, phải không quá 40: không khớp."),
        ),
    ],
)  # fmt: skip
def test_checks_in_words(made, figures, check, words):
    answer = made(*figures)
    answer.checks = [Check(figures=[f.id for f in answer.figures], **check)]
    (row,) = table("checks", answer)
    assert (row["stated"], row["computed"], row["words"]) == words
    assert row["agrees"] == ("yes" if check["ok"] else "no")


def test_what_does_not_agree_comes_first(made):
    answer = made({}, {"value": "99"})
    stated = [("repeat", True), ("conflict", False), ("sum", True), ("change", False)]
    answer.checks = [Check(kind=kind, figures=["f1"], stated="12500", computed="99", ok=ok) for kind, ok in stated]
    assert [row["kind"] for row in table("checks", answer)] == ["conflict", "change", "repeat", "sum"]


def test_every_kind_of_check_has_words(root):
    """The kinds are told where the checks are made."""
    import re

    folder = root / "service/chitieu/figures"
    source = "".join(p.read_text(encoding="utf-8") for p in [*folder.glob("checks*.py"), *folder.glob("checks/*.py")])
    kinds = (
        set(re.findall(r'Related\("(\w+)"', source))
        | set(re.findall(r'kind="(\w+)"', source))
        | set(re.findall(r'_made\("(\w+)"', source))
    )
    assert len(kinds) >= 5
    assert all(in_words("check", kind) != kind for kind in kinds)
