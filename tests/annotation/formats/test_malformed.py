"""What is not of its format, or breaks the rules, is refused, and the message says what and where."""

import json
import zlib

import pytest

from chitieu.annotation.document import AnnotatedDocument
from chitieu.annotation.formats.form import Origin
from chitieu.annotation.formats.registry import FORMATS
from chitieu.errors import AnnotationInvalid

TEXT = "Thu đạt 5"
HEAD = '# document = {"name":"a","text":"Thu đạt 5"}\n'


def line(*spans, **more):
    return json.dumps({"text": TEXT, "spans": list(spans), **more})


def span(label="QUANTITY", start=8, end=9, **more):
    return {"label": label, "start": start, "end": end, **more}


def task(*result, **data):
    return json.dumps([{"data": {"text": TEXT, **data}, "annotations": [{"result": list(result)}]}])


def region(id="a", start=8, end=9, labels=("QUANTITY",), **value):
    return {"id": id, "type": "labels", "value": {"start": start, "end": end, "labels": list(labels), **value}}


def link(source="a", target="b"):
    return {"type": "relation", "from_id": source, "to_id": target}


def example(*entities, **more):
    return json.dumps({"text": TEXT, "entities": list(entities), **more})


def entity(label="QUANTITY", start=8, end=9, **more):
    return {"label": label, "start_offset": start, "end_offset": end, **more}


CASES = [
    ("xml", b"\xff", "not UTF-8"),
    ("xml", "Một\n<qty>5", "line 2, column 1"),
    ("jsonl", b"\xff", "not UTF-8"),
    ("jsonl", line(span()) + "\n{", "line 2, column 2"),
    ("jsonl", "[" * 100_000, "cannot be read"),
    ("jsonl", line(span()) + "\n" + "9" * 5000, "line 2"),
    ("jsonl", "7", "1 (dòng / line 1)"),
    ("jsonl", line(span()) + "\n\n" + line(span(label="X")), "2 (dòng / line 3)"),
    ("jsonl", line(span(label="X")), "unknown label 'X'"),
    ("jsonl", line(span(start=True)), "spans.0.start"),
    ("jsonl", line(span(start="8")), "spans.0.start"),
    ("jsonl", line(span(end=10)), "outside the text"),
    ("jsonl", line(span(start=-1)), "outside the text"),
    ("jsonl", line(span(start=9, end=8)), "outside the text"),
    ("jsonl", line(span(start=9)), "empty"),
    ("jsonl", line(span(start=7)), "space"),
    ("jsonl", line(span(text="6")), "should be '6'"),
    ("jsonl", line(span(score=1.5)), "score"),
    ("jsonl", line(span(score=float("nan"))), "score"),
    ("jsonl", line(span(state="done")), "state"),
    ("jsonl", line(span(of="s7")), "no such indicator"),
    ("jsonl", line(span(), span(id="b", label="UNIT", start=4, end=7, of="s1")), "no such indicator"),
    ("jsonl", line(span(id="a"), span(start=4, end=7, of="a")), "no such indicator"),
    ("jsonl", line(span(**{"in": "a"})), "has no 'in'"),
    ("jsonl", line(span(id="a"), span(id="a", start=4, end=7)), "2 times"),
    ("jsonl", line(span(), span()), "inside"),
    ("jsonl", line(span(start=4), span("UNIT", 0, 7)), "crosses"),
    ("jsonl", line(span("CHANGE", 0, 7), span(start=4)), "crosses"),
    ("jsonl", line(span("CHANGE", 4, 7), span("UNIT", 0, 9)), "CHANGE inside UNIT"),
    ("jsonl", line(span("CHANGE", 4, 9), span("INDICATOR", 0, 3, id="a"), span(of="a")), "'of' inside a phrase"),
    ("jsonl", line(span("UNIT", of="a"), span("INDICATOR", 0, 3, id="a")), "of no indicator"),
    ("jsonl", line(span("INDICATOR", 0, 3, id="a", **{"in": "a"})), "in itself"),
    ("jsonl", line(span("INDICATOR", 0, 3, id="a", **{"in": "b"}), span("INDICATOR", 4, 7, id="b", **{"in": "a"})), "in itself"),
    ("jsonl", line(span(), sha256="0" * 64), "another one than its sha256"),
    ("jsonl", '{"spans": []}', "--text"),
    ("jsonl", '{"text": "\\ud83d", "spans": []}', "half of a surrogate pair"),
    ("jsonl", '{"document": {"id": "a"}, "spans": []}', "document.sha256"),
    ("label-studio", "{", "line 1, column 2"),
    ("label-studio", '[{"data": {}}]', "data.text"),
    ("label-studio", task(region(labels=["PER"])), "needs one of the labels: PER"),
    ("label-studio", task(region(labels=["UNIT", "PERIOD"])), "needs one of the labels"),
    ("label-studio", task(region(end=99)), "does not fit the text"),
    ("label-studio", task(region(text="6")), "region a [8, 9) does not fit the text"),
    ("label-studio", task({"type": "labels", "id": "a"}), "result 0"),
    ("label-studio", task(region(), link("c", "a")), "a relation from no region: c"),
    ("label-studio", task(region(), link()), "no such indicator"),
    ("label-studio", task(region(), link(), link("a", "c")), "two relations"),
    ("label-studio", task(sha256="0"), "sha256"),
    ("doccano", "{}", "text"),
    ("doccano", '{"text": "a"}', "neither entities nor label"),
    ("doccano", example(entity(start=-1)), "does not fit the text"),
    ("doccano", example(entity(label="ORG")), "unknown label 'ORG'"),
    ("doccano", example(entity(id=1), relations=[{"from_id": 2, "to_id": 1}]), "a relation from no entity: 2"),
    ("doccano", example(entity(id=1), relations=[{"from_id": 1, "to_id": n} for n in (2, 3)]), "two relations"),
    ("doccano", '{"text": "😀 5", "entities": [{"label": "QUANTITY", "start_offset": 1, "end_offset": 4}]}', "does not fit"),
    ("conll", "Thu B-INDICATOR", "--text"),
    ("conll", "Thu\tO\n" + HEAD, "line 1: từ đứng trước"),
    ("conll", '# document = {"name":"a"', "JSON"),
    ("conll", HEAD + "Thu\tO\tO\t0:3\t_\n", "line 2: cần 6 cột"),
    ("conll", HEAD + "Thu\tO\tO\t0-3\t_\t_\n", "fourth start:end"),
    ("conll", HEAD + "\nThu\tO\tO\t1:4\t_\t_\n", "line 3: 'Thu' không đứng ở 1:4"),
    ("conll", HEAD + "Thu\tX\tO\t0:3\t_\t_\n", "no BIO tag: 'X'"),
    ("conll", HEAD + "Thu\tB-ORG\tO\t0:3\t_\t_\n", "unknown label 'ORG'"),
    ("conll", HEAD + "Thu\tB-INDICATOR\tO\t0:3\t{}\t_\n", "line 2: id"),
    ("docbin", b"abc", "no DocBin"),
    ("docbin", zlib.compress(b"abc"), "no DocBin"),
    ("docbin", zlib.compress(b"\x81\xa1a\x01"), "no DocBin"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "message"), CASES)
def test_refused(name, data, message):
    with pytest.raises(AnnotationInvalid) as caught:
        FORMATS[name].read(data if isinstance(data, bytes) else data.encode(), Origin("tệp.x"))
    assert message in caught.value.message
    assert caught.value.message.startswith("tệp.x") and caught.value.code == "annotation_invalid"


@pytest.mark.parametrize(("rows", "message"), [
    ("Chi B-INDICATOR", "'Chi' không đứng kế tiếp"),
    ("Thu B-INDICATOR\n5 B-QUANTITY", "line 2: '5' không đứng kế tiếp"),
    ("Thu", "no BIO tag"),
    ("Thu B-ORG", "unknown label 'ORG'"),
])  # fmt: skip
def test_plain_conll_that_does_not_fit_its_text(rows, message):
    with pytest.raises(AnnotationInvalid) as caught:
        FORMATS["conll"].read(rows.encode(), Origin("tệp.x", text=TEXT))
    assert message in caught.value.message


def test_a_docbin_with_other_labels():
    import spacy
    from spacy.tokens import DocBin

    doc = spacy.blank("en")("Thu")
    doc.ents = [doc.char_span(0, 3, label="ORG")]
    with pytest.raises(AnnotationInvalid, match="unknown label 'ORG'"):
        FORMATS["docbin"].read(DocBin(docs=[doc]).to_bytes(), Origin("a"))


def test_the_text_given_is_the_one_that_was_annotated():
    answer = {"document": {"id": "x", "sha256": AnnotatedDocument("", TEXT, ()).sha256}, "spans": []}
    assert FORMATS["jsonl"].read(json.dumps(answer).encode(), Origin("a", text=TEXT))[0].text == TEXT
    with pytest.raises(AnnotationInvalid, match="sha256"):
        FORMATS["jsonl"].read(json.dumps(answer).encode(), Origin("a", text=TEXT + "."))
