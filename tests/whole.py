"""What the contract promises of every answer, whatever the text."""

from __future__ import annotations

from decimal import Decimal

from chitieu.contract import Extraction


def assert_whole(text: str, answer: Extraction) -> None:
    """What the contract promises of every answer."""
    assert answer.document.length == len(text)
    spans = {s.id: s for s in answer.spans}
    figures = {f.id: f for f in answer.figures}
    assert len(spans) == len(answer.spans)
    assert len(figures) == len(answer.figures)
    table_units = [f.table_unit for f in answer.figures if f.table_unit is not None]
    for item in (*answer.spans, *answer.figures, *table_units):
        assert 0 <= item.start < item.end <= len(text)
        assert text[item.start : item.end] == item.text
    for span in answer.spans:
        for head in (span.of, span.in_):
            assert head is None or spans[head].label == "INDICATOR"
    for figure in answer.figures:
        assert figure.indicator is None or spans[figure.indicator].label == "INDICATOR"
        assert figure.unit is None or figure.table_unit is None
        assert figure.phrase is None or spans[figure.phrase].label in ("ATTAINMENT", "CHANGE", "SHARE")
        for value in (figure.number, figure.upper, figure.denominator, figure.value, figure.value_upper, figure.ratio):
            assert value is None or ("e" not in value.lower() and "+" not in value and Decimal(value).is_finite())
    for row in answer.observations:
        named = [*([row.level] if row.level else []), *row.repeats, *row.changes, *row.shares, *row.attainments]
        assert all(name in figures for name in named)
        assert all(spans[name].label == "INDICATOR" for name in row.indicator.spans)
    for check in answer.checks:
        assert all(name in figures for name in check.figures)
    for warning in answer.warnings:
        if warning.start is not None and warning.end is not None:
            assert 0 <= warning.start <= warning.end <= len(text)
