"""Annotated documents made by Hypothesis: odd texts, nested phrases, links, and what else a document may tell."""

from __future__ import annotations

from hypothesis import strategies as st

from chitieu.annotation.document import AnnotatedDocument, Mark, assembled
from chitieu.contract import MENTION_LABELS, PHRASE_LABELS

# Letters as one sign and as letter with accents, signs beyond 16 bits and joined ones, and what formats use for themselves.
WORDS = (
    "Thu",
    "ngân",
    "sa\u0301ch",
    "tỷ",
    "ty\u0309",
    "5,6",
    "%",
    "😀",
    "👩‍🌾",
    "🇻🇳",
    "𝟓",
    "<",
    ">",
    "&amp;",
    '"',
    "\\n",
    "#",
    "{",
    "[",
    "|",
    "_",
    "O",
    "B-UNIT",
    "\u200b",
    "\x00",
    "\x7f",
)
SPACES = (" ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u2028", "\x1c", "\x85")
word = st.one_of(
    st.sampled_from(WORDS), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4)
).filter(lambda w: w == w.strip() and bool(w))
space = st.sampled_from(SPACES)


@st.composite
def words(draw):
    parts = [draw(word)]
    for _ in range(draw(st.integers(0, 2))):
        parts += [draw(st.one_of(space, st.just(""))), draw(word)]
    return "".join(parts)


@st.composite
def documents(draw, known: bool = True):
    text, layout = "", []
    for _ in range(draw(st.integers(0, 6))):
        text += draw(st.one_of(st.just(""), space, words()))
        if draw(st.booleans()):
            layout.append((draw(st.sampled_from(MENTION_LABELS)), len(text), len(text := text + draw(words())), False))
            continue
        start, held = len(text), []
        for _ in range(draw(st.integers(1, 3))):
            text += draw(st.one_of(st.just(""), words()))
            held.append((draw(st.sampled_from(MENTION_LABELS)), len(text), len(text := text + draw(words())), True))
        layout += [(draw(st.sampled_from(PHRASE_LABELS)), start, len(text), False), *held]
    text += draw(st.one_of(st.just(""), space, words()))
    indicators = [n for n, (label, *_) in enumerate(layout) if label == "INDICATOR"]
    score = st.one_of(st.none(), st.floats(0, 1)) if known else st.none()
    marks = []
    for number, (label, start, end, inside) in enumerate(layout):
        target = None
        heads = (
            [n for n in indicators if n != number] if label != "INDICATOR" else [n for n in indicators if n < number]
        )
        linked = label not in ("UNIT", "PERIOD") and not (inside and label != "INDICATOR")
        if heads and linked and draw(st.booleans()):
            target = str(draw(st.sampled_from(heads)))
        marks.append(
            Mark(
                label, start, end, id=str(number), target=target, score=draw(score),
                entry=draw(st.sampled_from([None, "grdp", "a-b.c"])) if known else None,
                alias=draw(st.sampled_from([None, None, "tên mới"])) if known else None,
                state=draw(st.sampled_from([None, "suggested", "confirmed"])) if known else None,
            )
        )  # fmt: skip
    told = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=9)) if known else st.none()
    notes = draw(st.lists(st.just("xem lại"), max_size=2)) if known else []
    document = AnnotatedDocument("tài liệu", text, (), place=draw(told), period=draw(told), notes=tuple(notes))
    return assembled(document, marks)
