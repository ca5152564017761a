import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.annotation.inline_xml import read
from chitieu.text.passages import read_passages, windows
from chitieu.text.reading import Reading
from chitieu.text.segmentation import pieces, word_tokenizer
from chitieu.text.source import SourceText


def surfaces(text, **kwargs):
    return [text[p.start : p.end] for p in pieces(text, 0, len(text), **kwargs)]


def test_pieces_cut_at_spaces_digits_and_punctuation():
    assert surfaces("đạt 1.234,5tỷ (90%)", words=False) == ["đạt", "1", ".", "234", ",", "5", "tỷ", "(", "90", "%", ")"]


def test_word_membership_follows_underthesea():
    text = "Tỷ lệ hộ nghèo của Hà Giang giảm mạnh"
    found = {text[p.start : p.end]: p.inside for p in pieces(text, 0, len(text))}
    assert found["Giang"] is True
    assert found["Hà"] is False
    assert any(found.values()) and not all(found.values())


def test_membership_never_moves_an_edge():
    text = "TP.HCM  thu\u00a0ngân sách 16.459 tỷ đồng… http://x.vn/a?b=1 [3]"
    assert surfaces(text) == surfaces(text, words=False)


@given(st.text(max_size=60))
def test_pieces_cover_all_but_white_space(text):
    covered = [c for p in pieces(text, 0, len(text), words=False) for c in text[p.start : p.end]]
    assert covered == [c for c in text if not c.isspace()]


def test_segmenter_loads_without_the_rest_of_underthesea():
    code = (
        "from chitieu.text.segmentation import word_tokenizer; word_tokenizer()('thử'); import sys;"
        "assert not {'torch', 'transformers', 'underthesea.pipeline.ner', 'underthesea.agent'} & set(sys.modules);"
        "import underthesea; assert callable(underthesea.word_tokenize)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import sys, chitieu; assert not {'spacy', 'onnxruntime', 'numpy', 'underthesea', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_word_tokenizer_is_loaded_once():
    assert word_tokenizer() is word_tokenizer()


def test_gold_spans_begin_and_end_on_a_piece(shared):
    total = off = 0
    for path in [*sorted((shared / "gold/real").glob("*.xml")), shared / "gold/seed.xml"]:
        document = read(path)
        source = SourceText(document.text)
        found = pieces(source.view, 0, len(source.view), words=False)
        starts, ends = {p.start for p in found}, {p.end for p in found}
        for span in document.spans:
            start, end = source.to_view(span.start, span.end)
            total += 1
            off += start not in starts or end not in ends
    assert total > 30_000
    assert off <= 0.001 * total


def test_few_gold_spans_lie_outside_the_passages_that_are_read(shared):
    total = outside = 0
    for path in sorted((shared / "gold/real").glob("*.xml")):
        document = read(path)
        passages = read_passages(Reading(SourceText(document.text)), words=False)
        inside = {p.start for p in passages.pieces}
        total += len(document.spans)
        places = [passages.reading.from_source(s.start, s.end) for s in document.spans]
        outside += sum(place is None or place[0] not in inside for place in places)
    assert outside <= 0.001 * total


@given(st.lists(st.integers(1, 30), max_size=80), st.data())
def test_window_cores_follow_each_other(costs, data):
    cuts = sorted({0, *data.draw(st.lists(st.integers(0, max(0, len(costs) - 1)), max_size=20))})
    found = windows(costs, cuts, core=40, context=12, lookahead=6)
    assert [i for w in found for i in range(w.core_first, w.core_last)] == list(range(len(costs)))
    for window in found:
        assert 0 <= window.first <= window.core_first < window.core_last <= window.last <= len(costs)
        core = sum(costs[window.core_first : window.core_last])
        assert core <= 40 or window.core_last - window.core_first == 1
        assert sum(costs[window.first : window.core_first]) <= 12
        assert sum(costs[window.core_last : window.last]) <= 6


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Mở đầu.\n\nDân cư\n\nXã có 52 hộ.", ["Dân cư", "Xã có 52 hộ."]),
        ("Dân cư\n\n| ||\n\nNăm |\n\nSố hộ\n\n| ||\n\n| 2011 | 52 |", ["Dân cư", "| ||", "Năm |", "Số hộ", "| ||", "| 2011 | 52 |"]),
        (f"{'Chữ ' * 20}\n\nNăm | Số hộ\n\n| 2011 | 52 |", ["Năm | Số hộ", "| 2011 | 52 |"]),
    ],
)  # fmt: skip
def test_what_names_a_paragraph_is_read_with_it(text, read):
    passages = read_passages(Reading(SourceText(text)), words=False)
    wanted = [p.start for part in read for p in pieces(part, 0, len(part), words=False)]
    assert len(passages.pieces) == len(wanted)
    words = "".join(passages.reading.text[p.start : p.end] for p in passages.pieces)
    assert words == "".join(part.replace(" ", "") for part in read)
