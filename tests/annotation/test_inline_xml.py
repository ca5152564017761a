import pytest

from chitieu.annotation.inline_xml import parse, problems, read
from chitieu.errors import AnnotationInvalid

GOOD = (
    '<ind id="1">Thu &amp; chi</ind> đạt <qty of="1">5</qty> <unit>tỷ đồng</unit>, '
    '<att of="1">đạt <pct>90%</pct> dự toán</att>, <ind id="2" in="1">nội địa</ind>'
)


def test_spans_lie_in_the_text_without_tags():
    document = parse(GOOD, "a.xml")
    assert document.text == "Thu & chi đạt 5 tỷ đồng, đạt 90% dự toán, nội địa"
    surfaces = [(s.label, document.text[s.start : s.end]) for s in document.spans]
    assert surfaces == [
        ("INDICATOR", "Thu & chi"), ("QUANTITY", "5"), ("UNIT", "tỷ đồng"), ("ATTAINMENT", "đạt 90% dự toán"),
        ("PERCENT", "90%"), ("INDICATOR", "nội địa"),
    ]  # fmt: skip
    assert [s.head for s in document.spans] == [None, 0, None, 0, None, 0]
    assert document.spans[4].phrase == 3


@pytest.mark.parametrize(
    ("xml", "problem"),
    [
        ("<ind>x</ind>", "no id"),
        ('<ind id="1">x</ind><ind id="1">y</ind>', "2 times"),
        ('<qty of="7">5</qty>', "no such indicator"),
        ("<qty> 5</qty>", "starts or ends with space"),
        ("<qty>5", "never closed"),
        ("5</qty>", "closes nothing"),
        ("<qty><pct>5%</pct></qty>", "inside QUANTITY"),
        ("<chg><att>x</att></chg>", "inside CHANGE"),
        ('<ind id="1">x</ind><chg>tăng <pct of="1">5%</pct></chg>', "inside a phrase"),
        ("<b>5</b>", "unknown markup"),
    ],
)
def test_breaches_are_named(xml, problem):
    assert problem in " ".join(problems(xml))
    with pytest.raises(AnnotationInvalid) as caught:
        parse(xml, "a.xml")
    assert caught.value.detail["problems"]


def test_files_must_be_utf8(tmp_path):
    path = tmp_path / "a.xml"
    path.write_bytes(b"\xff\xfeabc")
    with pytest.raises(AnnotationInvalid, match="UTF-8"):
        read(path)
