"""Parquet as pandas, Arrow and DuckDB read it."""

from __future__ import annotations

import io
import sys
import unicodedata
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chitieu.errors import ProgramMissing
from chitieu.output.columns import columns
from chitieu.output.table import to_csv
from chitieu.output.values import table
from chitieu.output.writers import writer
from exported import exported

pyarrow = pytest.importorskip("pyarrow", reason="needs the extra `export`")
parquet = pytest.importorskip("pyarrow.parquet")
duckdb = pytest.importorskip("duckdb", reason="needs the extra `dev`")
pandas = pytest.importorskip("pandas", reason="needs the extra `dev`")


def written(*answers) -> tuple[bytes, list[str]]:
    return exported("parquet", *answers)


def test_types_titles_and_descriptions(read_answer):
    data, told = written(read_answer)
    assert told == []
    schema = parquet.read_schema(io.BytesIO(data))
    types = {"text": "string", "integer": "int64", "date": "date32[day]", "decimal": "decimal128(38, 12)"}
    assert [(f.name, str(f.type)) for f in schema] == [(c.name, types[c.type]) for c in columns("observations")]
    for field, column in zip(schema, columns("observations"), strict=True):
        assert field.metadata[b"title_vi"].decode() == column.title_vi
        assert field.metadata[b"description"].decode() == column.description_en
    assert schema.metadata[b"schema"] == b"chitieu/1"


def test_pandas_duckdb_and_arrow_give_the_values_back(read_answer, made, tmp_path):
    path = tmp_path / "a.parquet"
    second = made(
        {"number": "-0.000000000001", "value": "-12345678901234567890123456.123456789012", "path": ["=1+1"]}, id="b.txt"
    )
    path.write_bytes(written(read_answer, second)[0])
    expected = [list(row.values()) for answer in (read_answer, second) for row in table("observations", answer)]
    names = [c.name for c in columns("observations")]
    arrow = parquet.read_table(path).to_pylist()
    assert [list(row.values()) for row in arrow] == expected
    frame = pandas.read_parquet(path)
    assert list(frame.columns) == names
    assert frame["value"].map(type, na_action="ignore").dropna().unique().tolist() == [Decimal]
    assert frame["period_end"].dropna().tolist()[-1] == date(2021, 12, 31)
    typed = pandas.read_parquet(path, dtype_backend="pyarrow")
    assert str(typed["value"].dtype) == "decimal128(38, 12)[pyarrow]"
    query = duckdb.sql(f"select * from '{path}'")
    assert [tuple(row) for row in expected] == query.fetchall()
    kinds = dict(zip(query.columns, map(str, query.types), strict=True))
    assert (kinds["value"], kinds["period_start"], kinds["start"]) == ("DECIMAL(38,12)", "DATE", "BIGINT")


def test_no_rows(made, tmp_path):
    path = tmp_path / "a.parquet"
    path.write_bytes(written(made())[0])
    assert duckdb.sql(f"select count(*) from '{path}'").fetchall() == [(0,)]
    assert len(pandas.read_parquet(path).columns) == len(columns("observations"))


def test_many_rows_are_several_groups(made, monkeypatch):
    import chitieu.output.parquet as module

    monkeypatch.setattr(module, "_ROWS", 5)
    data, _ = written(*(made({}, {}, {}, id=str(n)) for n in range(5)))
    file = parquet.ParquetFile(io.BytesIO(data))
    assert file.metadata.num_row_groups == 3 and file.metadata.num_rows == 15


def test_quotients_are_rounded_and_what_is_too_long_is_counted(made):
    data, told = written(made({"value": "0.3333333333333335"}, {"value": "1" * 27}, {"value": "9" * 26}))
    values = parquet.read_table(io.BytesIO(data))["value"].to_pylist()
    assert values == [Decimal("0.333333333333"), None, Decimal("9" * 26)]
    assert told == ["1 số quá dài cho Parquet, để trống / 1 numbers too long for Parquet are null"]


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)
NUMBER = st.decimals(-(10**20), 10**20, places=9, allow_nan=False, allow_infinity=False).map(lambda d: f"{d:f}")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(TEXT, NUMBER, st.none() | NUMBER), max_size=5))
def test_any_values_come_back_from_csv_and_parquet(made, rows):
    """CSV through pandas, Parquet through Arrow: the same text (NFC) and the same numbers."""
    answer = made(*({"path": [text], "value": value, "value_upper": upper} for text, value, upper in rows))
    expected = [
        (" ".join(unicodedata.normalize("NFC", text).split()) or None, Decimal(value), upper and Decimal(upper))
        for text, value, upper in rows
    ]
    arrow = parquet.read_table(io.BytesIO(written(answer)[0])).to_pylist()
    assert [(r["indicator"], r["value"], r["value_upper"]) for r in arrow] == expected
    frame = pandas.read_csv(io.StringIO(to_csv([answer]), newline=""), dtype=str, keep_default_na=False)
    got = zip(frame["indicator"], frame["value"], frame["value_upper"], strict=True)
    for (text, value, upper), (own_text, own, own_upper) in zip(got, expected, strict=True):
        assert text == (own_text or "") or text == f"'{own_text}"
        assert Decimal(value) == own and (Decimal(upper) if upper else None) == own_upper


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "chitieu.output.parquet", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ProgramMissing) as caught:
        writer("parquet", io.BytesIO())
    assert "chitieu[export]" in caught.value.message
