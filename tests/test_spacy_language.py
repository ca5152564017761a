import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import DocBin
from spacy.vocab import Vocab

from chitieu.spacy_language import ExtractorComponent, PieceTokenizer, Vietnamese, register_extensions
from fakes import fake_pipeline

TEXT = "Thu ngân sách đạt 215,4 tỷ đồng, bằng 81,4% dự toán.\n\n- Đàn bò có 8.320 con, tăng 3,1% so với cùng kỳ."


@pytest.fixture(scope="module")
def nlp():
    register_extensions()
    made = Vietnamese()
    made.tokenizer = PieceTokenizer(made.vocab)
    component = ExtractorComponent(fake_pipeline())
    Vietnamese.component("test_extractor", func=component)
    made.add_pipe("test_extractor")
    return made


def test_spans_figures_and_observations(nlp):
    doc = nlp(TEXT)
    assert doc.text == TEXT
    assert ("215,4", "QUANTITY") in [(s.text, s.label_) for s in doc.spans["mentions"]]
    assert [s.label_ for s in doc.spans["phrases"]] == ["ATTAINMENT", "CHANGE"]
    assert [f.number for f in doc._.figures] == ["215.4", "81.4", "8320", "3.1"]
    assert doc._.observations


def test_spans_have_the_offsets_of_the_answer(nlp):
    doc = nlp(unicodedata.normalize("NFD", TEXT))
    spans = [*doc.spans["mentions"], *doc.spans["phrases"]]
    assert sorted((s.start_char, s.end_char) for s in spans) == sorted((s.start, s.end) for s in doc._.extraction.spans)


def test_pipe_and_doc_bin(nlp):
    docs = list(nlp.pipe([TEXT, "", "Không có gì."]))
    assert [len(d._.figures) for d in docs] == [4, 0, 0]
    stored = DocBin(docs=[docs[0]]).to_bytes()
    again = next(DocBin().from_bytes(stored).get_docs(Vocab()))
    assert [(s.text, s.label_) for s in again.spans["mentions"]] == [
        (s.text, s.label_) for s in docs[0].spans["mentions"]
    ]


@given(st.text(max_size=80))
def test_the_tokenizer_keeps_the_text(text):
    register_extensions()
    assert PieceTokenizer(Vocab())(text).text == text


def test_load(pipeline):
    import chitieu

    doc = chitieu.load()("Tỷ lệ hộ nghèo còn 2,15%, giảm 0,8 điểm phần trăm so với năm 2022.")
    assert next(f.text for f in doc._.figures) == "2,15%"
