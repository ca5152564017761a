"""What is written in a format and read again is what it was, but for what the format is said not to hold."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotated import documents
from chitieu.annotation.formats.form import Origin
from chitieu.annotation.formats.registry import FORMATS, guess, losses
from chitieu.annotation.inline_xml import read

each_format = pytest.mark.parametrize("format", FORMATS.values(), ids=list(FORMATS))


@pytest.fixture(scope="module")
def ours(root):
    return [read(path) for path in sorted((root / "training_data/documents").glob("*.xml"))]


def there_and_back(format, written, offsets=None):
    if format.single:
        return [format.read(format.write([one], offsets), Origin(one.name, offsets=offsets))[0] for one in written]
    return format.read(format.write(written, offsets), Origin("tệp", offsets=offsets))


def held(document, format):
    """The document without what the format cannot hold."""
    if "entry" not in format.holds:
        spans = [replace(span, entry=None, alias=None, score=None, state=None) for span in document.spans]
        document = replace(document, spans=tuple(spans))
    return document if "notes" in format.holds else replace(document, place=None, period=None, notes=())


@each_format
def test_the_documents_of_the_project(format, ours):
    written = ours[::20]
    assert len(written) > 10
    assert there_and_back(format, written) == written
    assert not losses(written, format)


@pytest.mark.parametrize("name", ["xml", "jsonl", "doccano"])
def test_all_documents_of_the_project(name, ours):
    assert there_and_back(FORMATS[name], ours) == ours


def test_inline_xml_comes_back_to_the_byte(root):
    changed = 0
    for path in sorted((root / "training_data/documents").glob("*.xml")):
        data = path.read_bytes()
        again = FORMATS["xml"].write(FORMATS["xml"].read(data, Origin(path.name)), None)
        changed += again != data
        assert again.replace(b"&gt;", b">") == data.replace(b"&gt;", b">")
    assert changed <= 1  # `>` may stand as it is; it is written escaped


@each_format
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_document(format, data):
    written = [data.draw(documents()) for _ in range(data.draw(st.integers(1, 2)))]
    assert there_and_back(format, written) == [held(document, format) for document in written]


@each_format
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=documents())
def test_what_is_lost_is_counted(format, document):
    lost = losses([document], format)
    assert not lost.keys() & format.holds
    assert bool(lost) == (held(document, format) != document)


@pytest.mark.parametrize("name", ["label-studio", "doccano"])
@pytest.mark.parametrize("unit", ["code-points", "utf-16"])
@settings(max_examples=40, deadline=None)
@given(document=documents(known=False))
def test_any_document_in_another_unit(name, unit, document):
    assert there_and_back(FORMATS[name], [document], unit) == [document]


@each_format
def test_the_format_is_guessed_from_the_content(format, ours):
    assert guess(format.write(ours[:1], None), "tệp") == format.name


def test_a_text_without_marks_is_of_no_format_unless_its_name_says_so():
    from chitieu.errors import FormatUnknown

    assert guess("Không có số liệu.".encode(), "a.xml") == "xml"
    for data in (b"", b"abc", b"x", b"x^y", b"{}", b"[1, 2]", b"\xff\xfe", b'{"a": 1}'):
        with pytest.raises(FormatUnknown) as caught:
            guess(data, "a.txt")
        assert caught.value.detail["formats"] == list(FORMATS)
