import importlib.util
import sys

import pytest
from hypothesis import given, settings

from annotated import documents
from chitieu.annotation.agreement import Links, Spans, agreement
from chitieu.annotation.document import Mark, assembled
from chitieu.annotation.formats.form import Origin
from chitieu.annotation.formats.inline_xml import as_xml
from chitieu.annotation.formats.registry import FORMATS
from chitieu.annotation.inline_xml import parse, read
from chitieu.errors import AnnotationInvalid

ONE = parse(
    '<ind id="1">Tổng thu</ind> đạt <qty of="1">5</qty> <unit>tỷ</unit>, <chg of="1">tăng <pct>6%</pct></chg>; <ind id="2" in="1">nội địa</ind> 3'
)
TWO = parse(
    '<ind id="1">Tổng</ind> thu đạt <qty of="1">5</qty> tỷ, <chg>tăng <pct>6%</pct></chg>; <ind id="2">nội địa</ind> <qty of="2">3</qty>'
)


def test_spans_and_links_are_compared():
    found = agreement([(ONE, TWO)])
    assert found.spans["QUANTITY"] == Spans(1, 2, pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert found.spans["INDICATOR"] == Spans(2, 2, 0.5, 1.0), "`Tổng` overlaps `Tổng thu`"
    assert found.spans["UNIT"] == Spans(1, 0, 0.0, 0.0) and found.spans["PERIOD"] == Spans(0, 0, None, None)
    assert found.spans["all"].strict == pytest.approx(2 * 4 / 12)
    assert found.of == Links(2, 1), "the figure's indicators overlap, the change of the second has none"
    assert found.within == Links(1, 0) and found.within.accuracy == 0.0


def test_several_documents_count_together():
    found = agreement([(ONE, TWO), (ONE, ONE)])
    assert found.spans["QUANTITY"] == Spans(2, 3, 0.8, 0.8) and found.of == Links(4, 3)


def test_nothing_to_compare():
    empty = parse("Không có gì.")
    found = agreement([(empty, empty)])
    assert found.spans["all"] == Spans(0, 0, None, None) and found.of.accuracy is None


def test_of_different_texts():
    with pytest.raises(AnnotationInvalid, match="different texts"):
        agreement([(ONE, parse("x"))])


@settings(max_examples=30, deadline=None)
@given(documents())
def test_a_document_agrees_with_itself(document):
    found = agreement([(document, document)])
    assert all(row.strict in (None, 1.0) and row.relaxed in (None, 1.0) for row in found.spans.values())
    assert found.of.same == found.of.shared and found.within.same == found.within.shared


@pytest.fixture
def tool(shared):
    """The annotators' own script."""
    spec = importlib.util.spec_from_file_location("annotation_tool", shared / "tools/annotation.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "annotation_tool", module)
        spec.loader.exec_module(module)
        yield module


def changed(document):
    """Another annotation of the same text: some spans shorter, some gone, some links lost."""
    kept = [n for n, s in enumerate(document.spans) if s.label not in ("UNIT", "PERIOD") or n % 3]
    marks = []
    for number in kept:
        span = document.spans[number]
        end = span.end
        if number % 5 == 0 and span.label == "INDICATOR":
            end = span.start + len(document.text[span.start : span.end].split()[0])
        target = None if span.head is None or number % 7 == 0 else str(span.head)
        marks.append(Mark(span.label, span.start, end, id=str(number), target=target))
    return assembled(document, marks)


@pytest.mark.shared
def test_the_numbers_are_those_of_the_annotators_script(root, shared, tool):
    files = [sorted(folder.glob("*.xml"))[:12] for folder in (shared / "gold/real", root / "training_data/documents")]
    apart = 0
    for path in (path for some in files for path in some):
        one = read(path)
        two = changed(one)
        rows, found = tool.agree(as_xml(one), as_xml(two)), agreement([(one, two)])
        for label, row in found.spans.items():
            assert (row.first, row.second) == (rows[label]["a"], rows[label]["b"])
            if row.strict is not None:
                told = round(row.strict, 4), round(row.relaxed, 4)
                assert told == (rows[label]["strict"], rows[label]["relaxed"]), label
        apart += found.of.shared - found.of.same
        assert (found.of.shared, found.of.same) == (rows["links"]["shared"], rows["links"]["same"])
    assert apart > 100, "the two versions differ"


@pytest.mark.shared
def test_documents_read_as_the_annotators_script_reads_them(shared, tool, capsys):
    for path in sorted((shared / "gold/real").glob("*.xml"))[:40]:
        tool.main("json", str(path))
        (document,) = FORMATS["jsonl"].read(capsys.readouterr().out.encode(), Origin(path.name))
        assert document == read(path)
        text, spans, problems = tool.parse(as_xml(document))
        assert not problems and text == document.text and len(spans) == len(document.spans)
