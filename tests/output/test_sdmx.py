"""SDMX-CSV and its structures, as pysdmx reads them."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from chitieu.contract import Part, Period, Place, Unit
from chitieu.output.sdmx import time_period
from chitieu.output.sdmx_structure import FILE, components, structure_text
from exported import exported

VND = Unit(text="tỷ đồng", id="VND", factor="1000000000", dimension="currency")
PERCENT = Unit(text="%", id="percent", factor="0.01", dimension="ratio")


def written(*answers) -> tuple[str, list[str]]:
    data, told = exported("sdmx-csv", *answers)
    return data.decode(), told


def records(*answers) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(written(*answers)[0], newline="")))


@pytest.fixture(scope="module")
def pysdmx_io():
    pytest.importorskip("pandas", reason="needs the extra `dev`")
    return pytest.importorskip("pysdmx.io", reason="needs the extra `dev`")


def test_the_shipped_structure_is_that_of_the_data_files():
    assert FILE.read_text(encoding="utf-8") == structure_text(), "run: python -m chitieu.output.sdmx_structure"


def test_pysdmx_validates_the_structure(pysdmx_io):
    message = pysdmx_io.read_sdmx(FILE, validate=True)
    (structure,) = message.get_data_structure_definitions()
    assert [c.id for c in structure.components.dimensions][-1] == "TIME_PERIOD"
    assert [c.id for c in structure.components.measures] == ["OBS_VALUE"]
    assert {c.id for c in structure.components} == {row["id"] for row in components()}
    assert {c.id for c in structure.components.attributes if c.required} == {"UNIT_MULT", "OBS_STATUS", "PRECISION"}
    indicators = next(c for c in message.get_codelists() if c.id == "CL_INDICATOR")
    assert next(code for code in indicators if code.id == "san-luong-thuy-san").name == "Sản lượng thủy sản"


def test_pysdmx_reads_the_data_against_the_structure(pysdmx_io, made, tmp_path):
    path = tmp_path / "a.csv"
    answer = made(
        {"period": Period(text="quý I", start="2021-01-01", end="2021-03-31"), "number": "-0.5", "value": "-500"},
        {"unit": VND, "number": "7215", "value": "7215000000000", "status": "target"},
        {"unit": PERCENT, "number": "81.4", "value": "0.814", "status": "estimate", "bound": "about"},
        {
            "breakdown": [Part(text="nữ", kind="sex"), Part(text="Huyện Càng Long", kind="place", code="844")],
            "number": "3",
            "value": "3000",
        },
        {"period": Period(text="9 tháng", start="2021-01-01", end="2021-09-30")},
        place=Place(text="Hà Nội", code="01"),
    )
    path.write_text(written(answer)[0], encoding="utf-8", newline="")
    (dataset,) = pysdmx_io.get_datasets(path, FILE)
    assert dataset.structure.short_urn == "Dataflow=CHITIEU:REPORTS(1.0)"
    frame = dataset.data
    assert len(frame) == 5
    keys = [c.id for c in dataset.structure.components.dimensions]
    assert not frame.duplicated(keys).any()
    for component in dataset.structure.components:
        if component.enumeration is not None:
            assert set(frame[component.id]) <= {code.id for code in component.enumeration}, component.id
        if component.required:
            assert not frame[component.id].isna().any(), component.id
    got = frame.set_index("TIME_PERIOD")
    assert set(got.index) == {"2021", "2021-Q1", "2021-01-01/P9M"}
    assert list(frame["OBS_VALUE"].astype(float)) == [-0.5, 7215, 81.4, 3, 12.5]
    assert list(frame["UNIT_MULT"]) == ["3", "9", "0", "3", "3"]
    assert list(frame["UNIT_MEASURE"]) == ["t", "VND", "percent", "t", "t"]
    assert list(frame["OBS_STATUS"]) == ["A", "F", "E", "A", "A"]
    assert list(frame["RESULT_TYPE"]) == ["RESULT", "TARGET", "RESULT", "RESULT", "RESULT"]
    assert list(frame["REF_AREA"]) == ["VN01"] * 3 + ["VN844"] + ["VN01"]
    assert list(frame["BREAKDOWN"]) == ["_T"] * 3 + ["sex:nữ"] + ["_T"]
    assert list(frame["PRECISION"]) == ["EXACT", "EXACT", "ABOUT", "EXACT", "EXACT"]


def test_the_header_has_dimensions_measure_and_attributes(made):
    text, told = written(made())
    assert text == "STRUCTURE,STRUCTURE_ID,ACTION," + ",".join(row["id"] for row in components()) + "\r\n"
    assert told == []


@pytest.mark.parametrize(
    ("start", "end", "freq", "said"),
    [
        ("2021-01-01", "2021-12-31", "A", "2021"),
        ("2021-01-01", "2021-06-30", "S", "2021-S1"),
        ("2021-07-01", "2021-12-31", "S", "2021-S2"),
        ("2021-01-01", "2021-03-31", "Q", "2021-Q1"),
        ("2021-10-01", "2021-12-31", "Q", "2021-Q4"),
        ("2020-02-01", "2020-02-29", "M", "2020-02"),
        ("2021-12-01", "2021-12-31", "M", "2021-12"),
        ("2021-03-05", "2021-03-05", "D", "2021-03-05"),
        ("2021-01-01", "2021-09-30", "_O", "2021-01-01/P9M"),
        ("2021-04-01", "2021-09-30", "_O", "2021-04-01/P6M"),
        ("2021-02-01", "2021-04-30", "_O", "2021-02-01/P3M"),
        ("2021-01-01", "2025-12-31", "_O", "2021-01-01/P5Y"),
        ("2021-07-01", "2022-06-30", "_O", "2021-07-01/P1Y"),
        ("2021-01-01", "2021-10-20", "_O", "2021-01-01/P293D"),
        ("2021-01-15", "2021-02-14", "_O", "2021-01-15/P31D"),
    ],
)
def test_time_periods(start, end, freq, said):
    assert time_period(date.fromisoformat(start), date.fromisoformat(end)) == (freq, said)


@pytest.mark.parametrize(
    ("row", "place", "why"),
    [
        ({"catalogue": None}, None, "without an entry of the catalogue"),
        ({"period": None}, None, "without a period"),
        ({"period": Period(text="đến nay", end="2021-12-31")}, None, "without a period"),
        ({"unit": None}, None, "without a known unit"),
        ({"unit": Unit(text="tỷ", factor="1000000000", dimension="scale")}, None, "without a known unit"),
        ({"form": "range", "upper": "13", "value_upper": "13000"}, None, "not one value"),
        ({"form": "rank"}, None, "not one value"),
        ({"bound": "more_than"}, None, "not one value"),
        ({"number": None, "value": None, "form": "words"}, None, "not one value"),
        ({}, Place(text="xã Mỹ Long"), "without a place code"),
        ({}, Place(text="đâu đó", code="99999"), "without a place code"),
    ],
)
def test_what_sdmx_cannot_say_is_left_out_and_counted(made, row, place, why):
    text, told = written(made(row, {"breakdown": [Part(text="khác")]}, place=place))
    left = 1 if place is None else 2
    assert text.count("\r\n") == 1 + (2 - left)
    assert len(told) == 1 and f"{left} left out: {left} {why}" in told[0] and told[0].startswith("SDMX: ")


def test_a_row_without_a_level_is_counted(made):
    answer = made({})
    answer.observations[0].level = None
    assert "1 without a level" in written(answer)[1][0]


def test_one_key_has_one_value(made):
    again = {"number": "12500", "value": "12500", "unit": Unit(text="tấn", id="t", factor="1", dimension="mass")}
    text, told = written(made({}), made(again, id="b.txt"))
    assert text.count("\r\n") == 2 and "1 the same value again" in told[0]
    text, told = written(made({}), made({"number": "13", "value": "13000"}, id="b.txt"))
    assert text.count("\r\n") == 1 and "2 of one key with different values" in told[0]


def test_a_result_goes_before_its_estimate(made):
    estimate = {"number": "13", "value": "13000", "status": "estimate"}
    (row,) = records(made(estimate, {}))
    assert (row["OBS_VALUE"], row["OBS_STATUS"]) == ("12.5", "A")
    text, told = written(made(estimate, {}, {"number": "14", "value": "14000"}))
    assert text.count("\r\n") == 1
    assert "1 estimates of which the result is there" in told[0] and "2 of one key" in told[0]


def test_a_plan_and_its_result_are_two_series(made):
    assert len(records(made({}, {"status": "target", "number": "15", "value": "15000"}))) == 2


def test_a_unit_that_is_no_power_of_ten_is_told_in_its_base(made):
    sao = Unit(text="sào", id="ha", factor="0.036", dimension="area")
    (row,) = records(made({"unit": sao, "number": "100", "value": "3.6"}))
    assert (row["OBS_VALUE"], row["UNIT_MULT"], row["UNIT_MEASURE"]) == ("3.6", "0", "ha")


@pytest.mark.parametrize(
    "factor", ["1", "10", "1000", "10000", "1000000000", "1000000000000000", "0.001", "100000000000"]
)
def test_value_times_ten_to_the_multiplier_is_the_value_in_the_base_unit(made, factor):
    value = format(Decimal("12.5") * Decimal(factor), "f")
    (row,) = records(made({"unit": Unit(text="…", id="t", factor=factor, dimension="mass"), "value": value}))
    assert Decimal(row["OBS_VALUE"]).scaleb(int(row["UNIT_MULT"])) == Decimal(value)


def test_a_document_name_is_no_formula(made):
    assert records(made({}, id="=1+1.txt"))[0]["SOURCE_DOC"] == "'=1+1.txt"
