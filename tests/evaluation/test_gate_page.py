"""The page: escaped, under a policy that allows nothing, with what got worse side by side."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from chitieu.annotation.inline_xml import parse
from chitieu.evaluation.gate.changes import view
from chitieu.evaluation.gate.page import page
from chitieu.evaluation.gate.report import Reason
from fakes import fake_pipeline
from gating import contestant, judged, losing


class Elements(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def report():
    return judged(contestant(losing("UNIT", 0.5)))


def test_worse_documents_stand_side_by_side(report):
    html = page(report)
    elements = Elements(html).found
    classes = [set((a.get("class") or "").split()) for tag, a in elements if tag == "span"]
    assert any({"UNIT", "missed"} <= c for c in classes)
    articles = [a["id"] for tag, a in elements if tag == "article"]
    assert len(articles) == len(report.views) == len(set(articles))
    ids = [a["id"] for _, a in elements if "id" in a]
    assert len(ids) == len(set(ids))
    assert {a["href"] for tag, a in elements if tag == "a"} == {f"#{anchor}" for anchor in articles}
    for words in ("Bản mẫu", "Đang dùng", "Ứng viên", "TỪ CHỐI", "thiếu", report.views[0].name):
        assert words in html
    lost = sum(change.lost for shown in report.views for change in shown.changes)
    assert html.count('class="lost"') == lost > 0
    # What both read alike is there too, folded: all of each text.
    plain = re.sub(r"<[^>]+>", "", html)
    for line in report.views[0].text.splitlines():
        assert line in plain


def test_nothing_is_fetched_and_no_script_runs(report):
    html = page(report)
    elements = Elements(html).found
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in elements}
    assert not [a for _, a in elements if {"style", "src", "srcset"} & set(a) or any(n.startswith("on") for n in a)]
    assert "http" not in html and "@import" not in html and "url(" not in html
    # Its only style is the one that the service's policy for pages knows.
    from chitieu.output.page import inline_style

    assert re.findall(r"<style>(.*?)</style>", html, re.DOTALL) == [inline_style()]


def test_everything_is_escaped(report):
    evil = "<script>alert(1)</script>&\"'"
    first = report.views[0].model_copy(update={"name": evil, "text": evil + report.views[0].text})
    moved = len(evil)
    shift = {
        side: [m.model_copy(update={"start": m.start + moved, "end": m.end + moved}) for m in getattr(first, side)]
        for side in ("gold", "current", "candidate", "changes")
    }
    reason = Reason(code="regression", message_vi=evil, message_en=evil)
    sides = {side: getattr(report, side).model_copy(update={"name": evil}) for side in ("current", "candidate")}
    document = report.documents[0].model_copy(update={"name": evil})
    html = page(
        report.model_copy(
            update={"views": [first.model_copy(update=shift)], "reasons": [reason], "documents": [document], **sides}
        )
    )
    assert "<script" not in html and "&lt;script&gt;" in html
    assert "script" not in {tag for tag, _ in Elements(html).found}


def test_a_report_without_texts_is_a_page_as_well(report):
    html = page(report.model_copy(update={"views": []}))
    assert "<article" not in html and "TỪ CHỐI" in html


def test_verdicts_and_changes():
    document = parse('<ind id="1">Đàn bò</ind> có <qty of="1">8.320</qty> <unit>con</unit>.')
    right, wrong = (fake_pipeline().extract(document.text) for _ in range(2))
    indicator, quantity, unit = wrong.spans
    indicator.end, indicator.text = 3, "Đàn"  # another edge
    unit.label = "PERIOD"  # another label
    quantity.of = None
    wrong.figures[0].indicator = None
    wrong.figures[0].number = "9"
    shown = view(document, right, wrong)
    assert [m.verdict for m in shown.candidate] == ["wrong", "right", "wrong"]
    assert [m.verdict for m in shown.gold] == ["wrong", "right", "wrong"]
    assert [m.verdict for m in shown.current] == ["right"] * 3
    assert {(c.kind, c.label) for c in shown.changes} == {
        ("missed", "INDICATOR"), ("extra", "INDICATOR"), ("missed", "UNIT"), ("extra", "PERIOD"),
        ("value", "QUANTITY"), ("link", "QUANTITY"),
    }  # fmt: skip
    assert all(change.lost for change in shown.changes)
    assert not any(change.lost for change in view(document, wrong, right).changes)
    wrong.spans = [quantity]
    assert [m.verdict for m in view(document, right, wrong).gold] == ["missed", "right", "missed"]
    right.spans = [quantity]
    assert [m.verdict for m in view(parse("Đàn bò có 8.320 con."), right, wrong).candidate] == ["extra"]
