"""From annotated documents to windows with targets: nothing is lost, nothing is invented."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.annotation.inline_xml import parse
from chitieu.contract import PHRASE_LABELS
from chitieu.errors import ConfigInvalid
from chitieu.tagging.labels import MENTION_TAGS, PHRASE_TAGS
from chitieu.training.config import WindowSizes
from chitieu.training.dataset import IGNORED, digest_of, find_documents, names_in, piece_ranges, prepare, rewrap

SIZES = WindowSizes(core=40, context=12, lookahead=6)
WIDE = WindowSizes(core=480, context=0, lookahead=0)


def spans_in(tags, names):
    """(label, first, last) of a layer's tag indices."""
    out = []
    for at, tag in enumerate(tags):
        name = names[tag]
        if name.startswith("B-"):
            out.append([name[2:], at, at + 1])
        elif name.startswith("I-"):
            assert out
            assert out[-1][0] == name[2:]
            assert out[-1][2] == at
            out[-1][2] = at + 1
    return [tuple(x) for x in out]


def test_every_span_is_a_target_and_its_pieces_are_its_text(document, tokenizer):
    prepared = prepare(document, tokenizer, SIZES)
    pieces, reading = prepared.tokens.passages.pieces, prepared.tokens.passages.reading
    for span, at in zip(document.spans, piece_ranges(document, prepared.tokens), strict=True):
        assert at is not None
        read = reading.text[pieces[at[0]].start : pieces[at[1] - 1].end]
        assert read == " ".join(document.text[span.start : span.end].split())


def test_the_cores_together_hold_every_span_once(document, tokenizer):
    prepared = prepare(document, tokenizer, SIZES)
    assert len(prepared.examples) > 2
    mentions, phrases = [], []
    for example in prepared.examples:
        window = example.encoded.window
        core = slice(window.core_first - window.first, window.core_last - window.first)
        mentions.extend(example.mentions[core])
        phrases.extend(example.phrases[core])
    got = sorted(spans_in(mentions, MENTION_TAGS) + spans_in(phrases, PHRASE_TAGS))
    ranges = piece_ranges(document, prepared.tokens)
    assert got == sorted((s.label, *r) for s, r in zip(document.spans, ranges, strict=True))


def test_governors_in_one_wide_window_are_the_documents(document, tokenizer):
    prepared = prepare(document, tokenizer, WIDE)
    (example,) = prepared.examples
    ranges = piece_ranges(document, prepared.tokens)
    seen = 0
    for span, (first, _) in zip(document.spans, ranges, strict=True):
        row = 1 if span.label == "INDICATOR" else 0
        if span.label in ("UNIT", "PERIOD") or (span.phrase is not None and span.label not in PHRASE_LABELS):
            continue
        seen += 1
        wanted = 0 if span.head is None else 1 + ranges[span.head][0]
        assert example.governors[row, first] == wanted, document.text[span.start : span.end]
    assert seen == (example.governors != IGNORED).sum()


def test_a_head_outside_the_window_says_nothing_and_is_not_none(tokenizer):
    filler = " ".join(f"Mục {n} không đổi." for n in range(60))
    text = f'<ind id="1">Đàn lợn</ind> tăng. {filler} Cả năm có <qty of="1">350</qty> <unit>con</unit>, mất <qty>4</qty> con.'
    prepared = prepare(parse(text), tokenizer, SIZES)
    last = prepared.examples[-1]
    governed = last.governors[0][last.governors[0] != IGNORED]
    assert governed.tolist() == [0]  # the 4 has no head; of the 350 the window knows nothing
    whole = prepare(parse(text), tokenizer, WIDE).examples
    assert sum((e.governors[0] > 0).sum() for e in whole) == 1


def test_every_head_lies_in_its_window(document, tokenizer):
    for example in prepare(document, tokenizer, SIZES).examples:
        known = example.governors[example.governors != IGNORED]
        assert known.size == 0 or (known.min() >= 0 and known.max() <= example.mentions.size)
        assert example.encoded.heads.size == example.mentions.size == example.phrases.size


def test_a_span_in_a_paragraph_that_is_not_read_is_left_out(tokenizer):
    document = parse('<ind id="1">Trồng rừng</ind> tốt\n\nĐoạn giữa\n\nSố khác có <qty>12</qty> <unit>xã</unit>')
    prepared = prepare(document, tokenizer, WIDE)
    assert [r is None for r in piece_ranges(document, prepared.tokens)] == [True, False, False]
    assert (prepared.examples[0].mentions > 0).sum() == 2


@given(
    st.text(alphabet="abcđ 12,.\n\té", max_size=1200)
    | st.lists(st.text("abcde12", min_size=1, max_size=9)).map(" ".join),
    st.integers(0, 99),
)
def test_rewrap_moves_no_character(text, seed):
    got = rewrap(text, random.Random(seed))
    assert len(got) == len(text)
    assert all(a == b or (a, b) == (" ", "\n") for a, b in zip(text, got, strict=True))


def test_rewrap_breaks_long_lines():
    text = "một hai ba bốn năm " * 60
    lines = rewrap(text, random.Random(3)).split("\n")
    assert len(lines) > 8
    assert max(map(len, lines)) <= 101


def test_rewrapped_targets_are_the_same_spans(document, tokenizer):
    text = rewrap(document.text, random.Random(1))
    assert text != document.text
    prepared = prepare(document, tokenizer, SIZES, text=text)
    assert all(r is not None for r in piece_ranges(document, prepared.tokens))


class TestFinding:
    @pytest.fixture
    def folder(self, tmp_path):
        for name in ("b.xml", "a.xml", "c.xml", "ghi-chu.txt"):
            (tmp_path / name).write_text("x", encoding="utf-8")
        return tmp_path

    def test_sorted_and_only_xml(self, folder):
        assert [p.name for p in find_documents([folder])] == ["a.xml", "b.xml", "c.xml"]

    def test_excluded_and_only(self, folder):
        assert [p.name for p in find_documents([folder], exclude=["b.xml"])] == ["a.xml", "c.xml"]
        assert [p.name for p in find_documents([folder], only=["c.xml", "z.xml"])] == ["c.xml"]

    def test_missing(self, folder):
        with pytest.raises(ConfigInvalid, match="khong"):
            find_documents([folder / "khong"])
        with pytest.raises(ConfigInvalid):
            names_in(folder / "khong.txt")

    def test_the_digest_is_of_names_and_bytes(self, folder):
        first = digest_of([folder / "a.xml", folder / "b.xml"])
        assert first == digest_of([folder / "a.xml", folder / "b.xml"])
        assert first != digest_of([folder / "b.xml", folder / "a.xml"])
        (folder / "a.xml").write_text("y", encoding="utf-8")
        assert first != digest_of([folder / "a.xml", folder / "b.xml"])


def test_the_targets_are_whole_numbers(document, tokenizer):
    example = prepare(document, tokenizer, SIZES).examples[0]
    assert {a.dtype for a in (example.mentions, example.phrases, example.governors)} == {np.dtype(np.int64)}
