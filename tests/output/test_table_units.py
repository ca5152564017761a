"""A unit that a table tells elsewhere is exported as one that is printed with its number."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest

from chitieu.contract import Check, TableUnit, Unit
from chitieu.output.page import to_html
from chitieu.output.table import rows, to_screen
from exported import exported

TONNE = {"text": "nghìn tấn", "id": "t", "factor": "1000", "dimension": "mass"}


@pytest.fixture(scope="module")
def answers():
    """One answer with the unit behind the number, one with the unit in another cell, one without any."""
    from output.conftest import answer_of

    check = Check(kind="repeat", figures=["f1"], stated="12500", computed="12500", ok=True)
    units = [
        {"unit": Unit(**TONNE)},
        {"unit": None, "table_unit": TableUnit(**TONNE, start=2, end=11)},
        {"unit": None, "value": "12.5"},
    ]
    return [answer_of(unit, text="Sản lượng 12,5", checks=[check]) for unit in units]


@pytest.mark.parametrize("form", ["csv", "sdmx-csv", "html"])
def test_text_forms(answers, form):
    printed, told, none = (exported(form, answer) for answer in answers)
    assert told == printed != none


def test_table_of_a_terminal_and_rows(answers):
    printed, told, none = answers
    assert rows(told) == rows(printed) != rows(none)
    assert to_screen(told) == to_screen(printed)
    (row,) = rows(told)
    assert (row["level"], row["unit"], row["value"], row["value_unit"]) == ("12,5", "nghìn tấn", "12500", "t")
    assert (row["unit_factor"], row["unit_dimension"]) == ("1000", "mass")


def test_workbook(answers):
    sheets = []
    for answer in answers:
        book = openpyxl.load_workbook(io.BytesIO(exported("xlsx", answer)[0]))
        sheets.append([[[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book])
    printed, told, none = sheets
    assert told == printed != none


def test_parquet(answers):
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra `export`")
    printed, told, none = (
        parquet.read_table(io.BytesIO(exported("parquet", answer)[0])).to_pylist() for answer in answers
    )
    assert told == printed != none


def test_sdmx_names_it(answers):
    (record,) = csv.DictReader(io.StringIO(exported("sdmx-csv", answers[1])[0].decode(), newline=""))
    assert (record["UNIT_MEASURE"], record["OBS_VALUE"], record["UNIT_MULT"]) == ("t", "12.5", "3")


def test_checks_and_popups_say_it(answers):
    page = to_html("Sản lượng 12,5", answers[1])
    assert "12,5 nghìn tấn" in page
