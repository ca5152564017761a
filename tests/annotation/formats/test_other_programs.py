"""Files as Label Studio, doccano, spaCy and CoNLL tools write them, offsets in their units."""

import json

import pytest

from chitieu.annotation.document import AnnotatedDocument
from chitieu.annotation.formats.form import Origin
from chitieu.annotation.formats.label_studio_config import configuration
from chitieu.annotation.formats.registry import FORMATS
from chitieu.annotation.inline_xml import parse
from chitieu.errors import AnnotationInvalid

TEXT = "📈 Thu ngân sa\u0301ch đạt 5,6 tỷ đồng."  # one sign of two UTF-16 units; one letter of two code points
INDICATOR, QUANTITY, UNIT = (2, 16), (21, 24), (25, 32)
NAMES = ("Thu ngân sa\u0301ch", "5,6", "tỷ đồng")


def read(name, value, **origin):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return FORMATS[name].read(data, Origin("tệp", **origin))


def words(document):
    return [document.text[span.start : span.end] for span in document.spans]


def region(id, place, label, shift=0, **more):
    start, end = place
    value = {"start": start + shift, "end": end + shift, "text": TEXT[start:end], "labels": [label]}
    return {"id": id, "from_name": "mention", "to_name": "text", "type": "labels", "value": value, **more}


def task(*result, **more):
    return {
        "id": 7,
        "data": {"text": TEXT},
        "annotations": [{"id": 1, "completed_by": 2, "result": list(result)}],
        **more,
    }


LINK = {"type": "relation", "from_id": "b", "to_id": "a", "direction": "right"}


def test_the_offsets_here_are_right():
    assert [TEXT[start:end] for start, end in (INDICATOR, QUANTITY, UNIT)] == list(NAMES)


@pytest.mark.parametrize("shift", [0, 1], ids=["code points", "UTF-16, as its first versions"])
def test_label_studio(shift):
    regions = [region("b", QUANTITY, "QUANTITY", shift), region("a", INDICATOR, "INDICATOR", shift)]
    (document,) = read("label-studio", [task(*regions, LINK)])
    assert words(document) == list(NAMES[:2]) and document.spans[1].head == 0
    assert [span.state for span in document.spans] == [None, None]


def test_label_studio_may_be_told_what_offsets_count():
    plain = region("a", QUANTITY, "QUANTITY", 1)
    del plain["value"]["text"]
    assert words(read("label-studio", [task(plain)], offsets="utf-16")[0]) == ["5,6"]
    with pytest.raises(AnnotationInvalid, match="space"):
        read("label-studio", [task(plain)])


def test_label_studio_links_drawn_from_right_to_left():
    found = read("label-studio", [task(region("a", INDICATOR, "INDICATOR"), region("b", QUANTITY, "QUANTITY"),
                                       {**LINK, "from_id": "a", "to_id": "b", "direction": "left"})])  # fmt: skip
    assert found[0].spans[1].head == 0


def test_label_studio_predictions_are_suggestions_and_annotations_come_before_them():
    guess = {"model_version": "x", "result": [region("a", QUANTITY, "QUANTITY", score=0.5)]}
    (document,) = read("label-studio", [{"data": {"text": TEXT}, "predictions": [guess]}])
    assert document.spans[0].state == "suggested" and document.spans[0].score == 0.5
    (document,) = read("label-studio", [task(region("a", INDICATOR, "INDICATOR"), predictions=[guess])])
    assert words(document) == [NAMES[0]]
    cancelled = {**task(region("a", INDICATOR, "INDICATOR"))["annotations"][0], "was_cancelled": True}
    (document,) = read("label-studio", [{"data": {"text": TEXT}, "annotations": [cancelled], "predictions": [guess]}])
    assert words(document) == ["5,6"]


def test_label_studio_every_annotator_s_version_is_a_document():
    one, two = task(region("a", INDICATOR, "INDICATOR")), task(region("a", QUANTITY, "QUANTITY"))
    found = read("label-studio", [{**one, "annotations": one["annotations"] + two["annotations"]}])
    assert [document.name for document in found] == ["tệp", "tệp-2"]
    assert [words(document) for document in found] == [[NAMES[0]], ["5,6"]]


def test_label_studio_gets_suggestions_as_predictions():
    answer = {
        "schema": "chitieu/1", "document": {"id": "x", "sha256": AnnotatedDocument("", TEXT, ()).sha256, "text": TEXT},
        "spans": [
            {"id": "s1", "label": "INDICATOR", "start": 2, "end": 16, "text": NAMES[0], "score": 0.9, "of": None, "in": None},
            {"id": "s2", "label": "QUANTITY", "start": 21, "end": 24, "text": "5,6", "score": 0.8, "of": "s1", "in": None},
        ],
        "observations": [{"indicator": {"spans": ["s1"], "catalogue": {"id": "thu"}}}],
    }  # fmt: skip
    (document,) = read("jsonl", answer)
    assert document.spans[0].entry == "thu" and {span.state for span in document.spans} == {"suggested"}
    (made,) = json.loads(FORMATS["label-studio"].write([document], None))
    assert "annotations" not in made and made["predictions"][0]["result"][0]["meta"] == {"entry": "thu"}
    assert read("label-studio", [made]) == [document]


def entities(unit):
    shift = {"utf-16": 1, "code-points": 0, "graphemes": 0}[unit]
    places = [(2, 16), (21, 24), (25, 32)]
    if unit == "graphemes":  # the accent is no character of its own
        places = [(2, 15), (20, 23), (24, 31)]
    return [
        {"id": 40 + n, "label": label, "start_offset": start + shift, "end_offset": end + shift}
        for n, (label, (start, end)) in enumerate(zip(("INDICATOR", "QUANTITY", "UNIT"), places, strict=True))
    ]


@pytest.mark.parametrize("unit", ["utf-16", "code-points", "graphemes"])
def test_doccano(unit):
    example = {
        "id": 3, "text": TEXT, "Comments": [], "entities": entities(unit),
        "relations": [{"id": 1, "from_id": 41, "to_id": 40, "type": "of"}],
    }  # fmt: skip
    (document,) = read("doccano", example, offsets=None if unit == "utf-16" else unit)
    assert words(document) == list(NAMES) and document.spans[1].head == 0
    (again,) = (json.loads(line) for line in FORMATS["doccano"].write([document], unit).splitlines())
    told = [(e["label"], e["start_offset"], e["end_offset"]) for e in again["entities"]]
    assert told == [(e["label"], e["start_offset"], e["end_offset"]) for e in entities(unit)]


def test_doccano_without_relations():
    (document,) = read("doccano", {"id": 1, "text": TEXT, "label": [[22, 25, "QUANTITY"]]})
    assert words(document) == ["5,6"]


def test_doccano_ids_are_of_the_whole_file():
    one = parse('<ind id="1">Thu</ind> <qty of="1">5</qty>', "a")
    lines = [json.loads(line) for line in FORMATS["doccano"].write([one, one], None).splitlines()]
    ids = [entity["id"] for line in lines for entity in line["entities"]]
    assert len(set(ids)) == 4 and lines[1]["relations"][0]["to_id"] == lines[1]["entities"][0]["id"]


def test_plain_conll_with_its_text():
    rows = "📈 O\nThu B-INDICATOR\nngân I-INDICATOR\nsa\u0301ch I-INDICATOR\nđạt O\n\n5,6 B-QUANTITY\ntỷ B-UNIT\nđồng I-UNIT\n. O\n"
    (document,) = read("conll", rows.encode(), text=TEXT)
    assert words(document) == list(NAMES) and document.text == TEXT
    with_filling = "-DOCSTART- -X- O O\n\n" + rows.replace(" ", " -X- _ ")
    assert read("conll", with_filling.encode(), text=TEXT) == [document]


def test_plain_conll_with_two_columns_of_tags():
    rows = "tăng O B-CHANGE\n5 B-PERCENT I-CHANGE\n% I-PERCENT I-CHANGE\n"
    (document,) = read("conll", rows.encode(), text="tăng 5%")
    assert [(span.label, span.phrase) for span in document.spans] == [("CHANGE", None), ("PERCENT", 0)]


def test_conll_says_where_each_token_stands():
    out = FORMATS["conll"].write([parse(f'<ind id="1">{NAMES[0]}</ind> tăng <qty of="1">5</qty>', "a")], None).decode()
    assert "\n5\tB-QUANTITY\tO\t20:21\t" + '{"id":"s1","of":"s0"}\t_\n' in out


def test_docbin_is_what_users_of_spacy_expect():
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    xml = f'📈 <ind id="1">{NAMES[0]}</ind> <chg of="1">tăng <pct>6%</pct></chg>.'
    (doc,) = DocBin().from_bytes(FORMATS["docbin"].write([parse(xml, "a")], None)).get_docs(Vocab())
    assert doc.text == f"📈 {NAMES[0]} tăng 6%."
    assert [(s.text, s.label_) for s in doc.spans["mentions"]] == [(NAMES[0], "INDICATOR"), ("6%", "PERCENT")]
    assert [(s.text, s.label_) for s in doc.spans["phrases"]] == [("tăng 6%", "CHANGE")]


def test_docbin_of_another_hand():
    import spacy
    from spacy.tokens import DocBin

    doc = spacy.blank("en")("Thu đạt 5 tỷ")
    doc.spans["sc"] = [doc.char_span(0, 3, label="INDICATOR")]
    doc.ents = [doc.char_span(8, 9, label="QUANTITY")]
    (document,) = read("docbin", DocBin(docs=[doc], store_user_data=True).to_bytes())
    assert [(span.label, document.text[span.start : span.end]) for span in document.spans] == [
        ("INDICATOR", "Thu"), ("QUANTITY", "5")]  # fmt: skip


def test_the_stand_off_json_of_simple_tools():
    value = {"text": "Thu 5", "spans": [
        {"start": 0, "end": 3, "label": "INDICATOR", "id": "1"}, {"start": 4, "end": 5, "label": "QUANTITY", "of": "1"}]}  # fmt: skip
    assert read("jsonl", value) == [parse('<ind id="1">Thu</ind> <qty of="1">5</qty>', "tệp")]


def test_label_studio_configuration_has_every_label_once():
    from lxml import etree

    from chitieu.contract import MENTION_LABELS, PHRASE_LABELS

    tree = etree.fromstring(configuration())
    for name, labels in (("mention", MENTION_LABELS), ("phrase", PHRASE_LABELS)):
        (found,) = tree.xpath(f"//Labels[@name='{name}'][@toName='text']/Label/@value[1]/../..")
        assert [label.get("value") for label in found] == list(labels)
    colours, keys = tree.xpath("//Label/@background"), tree.xpath("//Label/@hotkey")
    assert len(set(colours)) == len(set(keys)) == 8
    assert tree.xpath("//Relation/@value") == ["of", "in"] and tree.xpath("//Text/@value") == ["$text"]
