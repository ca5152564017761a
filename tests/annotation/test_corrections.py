"""Corrections folded over spans: the rules, inverses, and offsets in texts that other programs count otherwise."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chitieu.annotation.corrections import (
    LiveSpan,
    Unfit,
    after,
    agreed,
    checked,
    folded,
    in_the_way,
    inverse,
    of_document,
    packed,
    shown,
    to_document,
    unpacked,
)
from chitieu.annotation.document import LABELS, AnnotatedDocument, AnnotatedSpan, breaches
from chitieu.annotation.operations import OPERATION
from chitieu.annotation.teaching import priority, unsure

TEXT = "🌾 Thu ngân sách đạt 7.215 tỷ đồng, đạt 81,4% dự toán; Đàn bò có 8.320 con."
DECOMPOSED = unicodedata.normalize("NFD", TEXT)


def at(words, text=TEXT, times=1):
    start = -1
    for _ in range(times):
        start = text.index(words, start + 1)
    return start, start + len(words)


def beginning(text=TEXT):
    def span(id, label, words, to=None, times=1, **more):
        words = unicodedata.normalize("NFD", words) if text == DECOMPOSED else words
        return LiveSpan(id, label, *at(words, text, times), to=to, score=0.9, **more)

    return [
        span("s1", "INDICATOR", "Thu ngân sách", entry="thu-ngan-sach"),
        span("s2", "QUANTITY", "7.215", "s1"),
        span("s3", "UNIT", "tỷ đồng"),
        span("s4", "ATTAINMENT", "đạt 81,4% dự toán", "s1"),
        span("s5", "PERCENT", "81,4%"),
        span("s6", "INDICATOR", "Đàn bò", "s1"),
        span("s7", "QUANTITY", "8.320", "s6"),
        span("s8", "UNIT", "con"),
    ]


def op(**told):
    return OPERATION.validate_python(told)


def live(*operations, text=TEXT):
    """The spans after operations that are each checked, as the service does."""
    spans = {span.id: span for span in beginning(text)}
    for operation in operations:
        span = checked(text, spans, operation, is_entry=lambda entry: entry.startswith("known"))
        spans[span.id] = span
    return spans


def view(spans):
    return shown(spans, {span.id: span for span in beginning()})


def one(spans, id):
    return next(s for s in view(spans) if s.span.id == id)


def refused(operation, *before):
    with pytest.raises(Unfit) as caught:
        live(*before, operation)
    return caught.value.reason


def test_a_beginning_is_stored_and_read_again():
    assert unpacked(packed(beginning())) == beginning()


def test_what_an_operation_does():
    ends = at("tỷ đồng, đạt")
    spans = live(
        op(op="accept", span="s2"),
        op(op="reject", span="s8"),
        op(op="remove", span="s3"),
        op(op="add", span="n1", label="UNIT", start=ends[0], end=ends[0] + 7),
        op(op="link", span="s7", to="s1"),
        op(op="entry", span="s6", entry="known-1", alias="đàn bò"),
        op(op="change", span="s6", start=at("Đàn")[0], end=at("Đàn")[1]),
    )
    assert spans["s2"].state == "confirmed" and not one(spans, "s2").changed
    assert spans["s8"].state == "rejected"
    assert "s3" not in {s.span.id for s in view(spans)} and spans["s3"].gone
    assert (spans["n1"].origin, spans["n1"].state, one(spans, "n1").changed) == ("person", "confirmed", True)
    assert one(spans, "s7").to == "s1"
    assert (spans["s6"].entry, spans["s6"].alias, TEXT[spans["s6"].start : spans["s6"].end]) == (
        "known-1",
        "đàn bò",
        "Đàn",
    )
    document = to_document("a", TEXT, view(spans))
    assert [TEXT[s.start : s.end] for s in document.spans if s.label == "UNIT"] == ["tỷ đồng"]
    assert breaches(TEXT, document.spans) == []


@pytest.mark.parametrize(
    ("reason", "operation"),
    [
        ("span_unknown", {"op": "accept", "span": "x"}),
        ("span_exists", {"op": "add", "span": "s1", "label": "UNIT", "start": 0, "end": 1}),
        ("label_unknown", {"op": "change", "span": "s1", "label": "SUM"}),
        ("outside_text", {"op": "change", "span": "s8", "end": len(TEXT) + 1}),
        ("outside_text", {"op": "change", "span": "s8", "start": len(TEXT), "end": 3}),
        ("empty", {"op": "add", "span": "n", "label": "UNIT", "start": 1, "end": 1}),
        ("space_at_edge", {"op": "add", "span": "n", "label": "UNIT", "start": 0, "end": 2}),
        ("overlap", {"op": "change", "span": "s2", "end": at("tỷ")[1]}),
        ("overlap", {"op": "add", "span": "n", "label": "CHANGE", "start": at("81,4%")[0], "end": at("dự toán")[1]}),
        ("crosses_phrase", {"op": "change", "span": "s4", "start": at("81,4%")[0] + 1}),
        ("crosses_phrase", {"op": "add", "span": "n", "label": "PERIOD", "start": at("toán")[0], "end": at("toán; Đàn")[1] - 4}),
        ("link_impossible", {"op": "link", "span": "s3", "to": "s1"}),
        ("link_impossible", {"op": "link", "span": "s5", "to": "s1"}),
        ("link_target", {"op": "link", "span": "s2", "to": "s3"}),
        ("link_target", {"op": "link", "span": "s2", "to": "nowhere"}),
        ("link_circular", {"op": "link", "span": "s1", "to": "s1"}),
        ("link_circular", {"op": "link", "span": "s1", "to": "s6"}),
        ("entry_impossible", {"op": "entry", "span": "s2", "entry": "known-1"}),
        ("entry_impossible", {"op": "entry", "span": "s1", "entry": "none", "alias": "thu"}),
        ("entry_unknown", {"op": "entry", "span": "s1", "entry": "unheard-of"}),
    ],
)  # fmt: skip
def test_what_breaks_the_rules_is_refused_with_its_reason(reason, operation):
    assert refused(op(**operation)) == reason


def test_what_is_removed_or_rejected_is_restored_first():
    for gone in ("remove", "reject"):
        assert refused(op(op="link", span="s7", to="s1"), op(op=gone, span="s7")) == "span_gone"
    assert refused(op(op="accept", span="s7"), op(op="remove", span="s7")) == "span_gone"
    spans = live(op(op="reject", span="s7"), op(op="restore", span="s7"))
    assert spans["s7"] == beginning()[6]


def test_a_span_is_not_restored_onto_another():
    start, end = at("tỷ đồng")
    taken = op(op="add", span="n", label="UNIT", start=start, end=end)
    assert refused(op(op="restore", span="s3"), op(op="remove", span="s3"), taken) == "overlap"
    assert refused(op(op="accept", span="s3"), op(op="reject", span="s3"), taken) == "overlap"


def test_a_circle_is_not_closed_by_what_comes_back():
    assert refused(op(op="restore", span="s1"), op(op="link", span="s6", to=None), op(op="link", span="s1", to="s6"),
                   op(op="remove", span="s1"), op(op="link", span="s6", to="s1", dormant=True)) == "link_circular"  # fmt: skip


def test_links_come_back_with_what_they_go_to():
    spans = live(op(op="remove", span="s1"))
    assert one(spans, "s2").to is None
    assert one(live(op(op="remove", span="s1"), op(op="restore", span="s1")), "s2").to == "s1"
    # Inside a phrase a figure has no link of its own.
    start, end = at("đạt 7.215 tỷ đồng")
    around = op(op="add", span="n", label="CHANGE", start=start, end=end, to="s1")
    spans = live(around)
    assert (one(spans, "s2").to, one(spans, "s2").phrase) == (None, "n")
    assert one(live(around, op(op="remove", span="n")), "s2").to == "s1"


def test_a_span_that_was_added_and_removed_is_added_again():
    start, end = at("dự toán")
    add = op(op="add", span="n", label="PERIOD", start=start, end=end)
    assert live(add, op(op="remove", span="n"), add)["n"].counts
    other = op(op="add", span="n", label="PERIOD", start=start, end=end - 5)
    assert refused(other, add, op(op="remove", span="n")) == "span_exists"


def test_two_are_in_each_others_way_where_they_change_the_same_or_end_a_link():
    link = op(op="link", span="s2", to="s6")
    assert in_the_way([link], [op(op="accept", span="s2")]) == {"s2"}
    assert in_the_way([link], [op(op="remove", span="s6")]) == {"s6"}
    assert in_the_way([op(op="change", span="s6", label="PERIOD")], [link]) == {"s6"}
    assert in_the_way([link], [op(op="accept", span="s6")]) == set()
    assert in_the_way([link], [op(op="remove", span="s3")]) == set()


STATES = st.sampled_from(["suggested", "confirmed"])
NAMES = st.sampled_from([*(f"s{n}" for n in range(1, 9)), "n1", "n2", "n3"])
EDGES = st.sampled_from(
    sorted({edge for s in beginning() for edge in (s.start, s.end)} | {0, 1, *at("dự toán"), len(TEXT)})
)
OPERATIONS = st.one_of(
    st.builds(
        lambda n, label, a, b, to: op(op="add", span=n, label=label, start=min(a, b), end=max(a, b), to=to),
        NAMES, st.sampled_from(LABELS), EDGES, EDGES, st.none() | NAMES,
    ),
    *(st.builds(lambda n, kind=kind: op(op=kind, span=n), NAMES) for kind in ("remove", "accept", "reject", "restore")),
    st.builds(lambda n, state: op(op="restore", span=n, state=state), NAMES, st.sampled_from(["suggested", "confirmed", "rejected"])),
    st.builds(
        lambda n, label, a, b, state: op(op="change", span=n, label=label, start=a, end=b, state=state),
        NAMES, st.none() | st.sampled_from(LABELS), st.none() | EDGES, st.none() | EDGES, STATES,
    ),
    st.builds(lambda n, to, dormant: op(op="link", span=n, to=to, dormant=dormant), NAMES, st.none() | NAMES, st.booleans()),
    st.builds(
        lambda n, entry, alias: op(op="entry", span=n, entry=entry, alias=alias),
        NAMES, st.sampled_from([None, "none", "known-1"]), st.sampled_from([None, "thu"]),
    ),
)  # fmt: skip


@given(st.lists(OPERATIONS, max_size=40))
@settings(max_examples=300, deadline=None)
def test_inverses_lead_back_to_the_beginning_and_every_step_keeps_the_rules(wanted):
    start = {span.id: span for span in beginning()}
    spans, past, undo = dict(start), [], []
    for operation in wanted:
        try:
            span = checked(TEXT, spans, operation, is_entry=lambda _: True)
        except Unfit:
            continue
        past.append(view(spans))
        undo.append(inverse(spans, operation))
        spans[span.id] = span
        assert breaches(TEXT, to_document("a", TEXT, view(spans)).spans) == []
    for operation, before in zip(reversed(undo), reversed(past), strict=True):
        # What is stored is JSON.
        read = OPERATION.validate_python(operation.model_dump(mode="json", exclude_defaults=True))
        assert read == operation
        span = checked(TEXT, spans, read, is_entry=lambda _: True)
        spans[span.id] = span
        assert view(spans) == before
    assert view(spans) == view(start)


@given(st.lists(OPERATIONS, max_size=30))
@settings(max_examples=100, deadline=None)
def test_folding_gives_what_was_checked_one_by_one(wanted):
    spans, done = {span.id: span for span in beginning()}, []
    for operation in wanted:
        try:
            spans[operation.span] = checked(TEXT, spans, operation, is_entry=lambda _: True)
            done.append(operation)
        except Unfit:
            with pytest.raises(Unfit):
                checked(TEXT, spans, operation, is_entry=lambda _: True)
    assert folded(beginning(), done) == spans


def test_offsets_are_code_points_also_of_emoji_and_decomposed_letters():
    assert len(DECOMPOSED) > len(TEXT) and len(TEXT.encode("utf-16-le")) // 2 == len(TEXT) + 1
    start, end = at(unicodedata.normalize("NFD", "dự toán"), DECOMPOSED)
    spans = live(op(op="add", span="n", label="PERIOD", start=start, end=end), text=DECOMPOSED)
    told = to_document("a", DECOMPOSED, shown(spans, {})).spans
    words = [unicodedata.normalize("NFC", DECOMPOSED[s.start : s.end]) for s in told]
    assert words == [
        "Thu ngân sách",
        "7.215",
        "tỷ đồng",
        "đạt 81,4% dự toán",
        "81,4%",
        "dự toán",
        "Đàn bò",
        "8.320",
        "con",
    ]


def test_an_annotated_document_begins_as_it_is():
    spans = (AnnotatedSpan("INDICATOR", *at("Đàn bò")), AnnotatedSpan("QUANTITY", *at("8.320"), head=0, score=0.5))
    start = of_document(AnnotatedDocument("a", TEXT, spans))
    assert [(s.state, s.origin) for s in start] == [("confirmed", "person"), ("suggested", "model")]
    back = to_document("a", TEXT, shown({s.id: s for s in start}, {s.id: s for s in start})).spans
    assert [(s.label, s.start, s.end, s.head, s.score) for s in back] == [
        (s.label, s.start, s.end, s.head, s.score) for s in spans
    ]


def test_what_two_agree_on():
    first = to_document("a", TEXT, view(live(op(op="link", span="s7", to="s1"))))
    second = to_document("a", TEXT, view(live(op(op="remove", span="s3"), op(op="change", span="s8", label="PERIOD"))))
    shared = agreed(first, second)
    assert [(TEXT[s.start : s.end], s.label) for s in shared] == [
        ("Thu ngân sách", "INDICATOR"), ("7.215", "QUANTITY"), ("đạt 81,4% dự toán", "ATTAINMENT"), ("81,4%", "PERCENT"),
        ("Đàn bò", "INDICATOR"), ("8.320", "QUANTITY"),
    ]  # fmt: skip
    names = {TEXT[s.start : s.end]: s.id for s in shared}
    links = {TEXT[s.start : s.end]: s.to for s in shared}
    assert links["7.215"] == names["Thu ngân sách"] and links["8.320"] is None
    assert shared[0].entry == "thu-ngan-sach"
    # What they tell differently is to be decided.
    assert [TEXT[s.start : s.end] for s in shared if s.state == "suggested"] == ["8.320"]
    assert {s.state for s in shared} == {"confirmed", "suggested"}


def test_doubt_and_novelty_teach():
    sure = [LiveSpan(f"s{n}", "QUANTITY", n, n + 1, score=0.99) for n in range(30)]
    doubtful = [*sure[1:], LiveSpan("s0", "QUANTITY", 0, 1, score=0.4, link_score=0.3)]
    unknown = [*sure[1:], LiveSpan("s0", "INDICATOR", 0, 1, score=0.99)]
    assert priority(doubtful) > priority(unknown) > priority(sure) > priority([])
    assert (unsure(doubtful), unsure(sure)) == (1, 0)


def test_what_is_not_there_is_changed_by_nothing():
    with pytest.raises(Unfit):
        after({}, op(op="restore", span="s1"))
