"""`gate.html`: the verdict, the numbers, and the documents that got worse with gold, current model and candidate side by side.

One file that needs no network, in the style and under the policy of the other pages: no script, no style but the one that all hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from chitieu.evaluation.gate.report import Change, GateReport, Mark, Reason, View
from chitieu.evaluation.gate.table import Row, cost_rows, document_rows, measure_rows
from chitieu.output.page import LABEL_NAMES, PAGE_FOOT, marked, page_head

_MOST_VIEWS = 30  # documents shown side by side; the table names all
_LONGEST_WORDS = 90

_VERDICTS = {"right": "đúng", "wrong": "sai biên hoặc nhãn", "extra": "thừa", "missed": "ứng viên thiếu"}
_SIDES = {"gold": "Bản mẫu", "current": "Đang dùng", "candidate": "Ứng viên", "both": "Cả hai mô hình"}
_CHANGES = {
    ("missed", True): ("thiếu", "missed"),
    ("missed", False): ("nay có", "found now"),
    ("extra", True): ("thừa", "made up"),
    ("extra", False): ("hết thừa", "no longer made up"),
    ("value", True): ("giá trị sai", "value wrong"),
    ("value", False): ("giá trị nay đúng", "value right now"),
    ("unit", True): ("đơn vị sai", "unit wrong"),
    ("unit", False): ("đơn vị nay đúng", "unit right now"),
    ("kind", True): ("loại số liệu sai", "kind wrong"),
    ("kind", False): ("loại số liệu nay đúng", "kind right now"),
    ("link", True): ("sai chỉ tiêu", "indicator wrong"),
    ("link", False): ("nay đúng chỉ tiêu", "indicator right now"),
}


@dataclass(frozen=True)
class _Shown:
    """A mark as `marked` takes it, within a part of the text."""

    id: str
    label: str
    start: int
    end: int


def page(report: GateReport) -> str:
    """The whole page; without the report's views, as when it was read from `gate.json`, it has no texts."""
    verdict = "ĐẠT" if report.decision == "pass" else "TỪ CHỐI"
    title = f"{report.candidate.name} {report.candidate.version}: {verdict}"
    about = (
        f"so với {report.current.name} {report.current.version} trên {report.test_set.documents} tài liệu · "
        f"{report.created:%Y-%m-%d %H:%M} UTC"
    )
    views = report.views[:_MOST_VIEWS]
    anchors = {view.name: f"d{number}" for number, view in enumerate(views, 1)}
    parts = [
        page_head(title),
        f"<h1>{escape(f'{report.candidate.name} {report.candidate.version}')}: "
        f'<span class="{report.decision}">{verdict} <small>{report.decision}</small></span></h1>',
        f"<p class=about>{escape(about)}</p>",
        _reasons("Vì sao", "why", report.reasons),
        _reasons("Cần biết", "to know", report.notices),
        "<h2>Chất lượng <small>quality</small></h2>",
        _table(measure_rows(report), {}),
        "<h2>Chi phí <small>cost</small></h2>",
        _table(cost_rows(report), {}),
        "<h2>Tài liệu <small>documents: errors, and measures with more of them</small></h2>",
        _table(document_rows(report), anchors),
    ]
    if views:
        legend = " ".join(f'<span class="{label}">{name}</span>' for label, name in LABEL_NAMES.items())
        verdicts = " ".join(
            f'<span class="{k}">{_VERDICTS[k]} <small>{k}</small></span>' for k in ("missed", "wrong", "extra")
        )
        parts += [
            "<h2>Tài liệu kém đi <small>documents that got worse</small></h2>",
            f"<div class=legend>{legend}</div><div class=legend>{verdicts}</div>",
            *(_article(view, anchors[view.name]) for view in views),
        ]
    return "".join([*parts, PAGE_FOOT])


def _reasons(vi: str, en: str, reasons: Sequence[Reason]) -> str:
    if not reasons:
        return ""
    items = "".join(
        f"<li>{escape(reason.message_vi)}<br><small>{escape(reason.message_en)} <code>{reason.code}</code></small></li>"
        for reason in reasons
    )
    return f"<h2>{vi} <small>{en}</small></h2><ul class=reasons>{items}</ul>"


def _table(rows: list[Row], anchors: dict[str, str]) -> str:
    """Rows whose first is the head; where the first cell of one names an anchor, it leads there."""
    head, *body = rows
    cells = "".join(f"<th>{escape(vi)}<br><small>{escape(en)}</small></th>" for vi, en in head.titles)
    lines: list[str] = []
    for row in body:
        shown = [escape(cell) for cell in row.cells]
        if row.cells[0] in anchors:
            shown[0] = f'<a href="#{anchors[row.cells[0]]}">{shown[0]}</a>'
        tds = "".join(
            f'<td{" class=number" if at in head.numbers else ""} data-title="{escape(vi)}">{cell}</td>'
            for at, ((vi, _), cell) in enumerate(zip(head.titles, shown, strict=True))
        )
        lines.append(f"<tr{' class=no' if row.alarm else ''}>{tds}</tr>")
    return f"<div class='card wrap'><table><thead><tr>{cells}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"


def _article(view: View, anchor: str) -> str:
    """A document: passages that the models read differently side by side, those between folded."""
    passages = [(part, [c for c in view.changes if part[0] <= c.start < part[1]]) for part in _passages(view)]
    lost = sum(change.lost for change in view.changes)
    out = [
        f'<article class=card id="{anchor}"><h2>{escape(view.name)} '
        f"<small>{lost} chỗ kém đi, {len(view.changes) - lost} chỗ khá lên / {lost} worse, {len(view.changes) - lost} better</small></h2>"
    ]
    for is_changed, group in groupby(passages, key=lambda passage: bool(passage[1])):
        found = list(group)
        if is_changed:
            out += [_side_by_side(view, part, changes, f"{anchor}-{part[0]}-") for part, changes in found]
        else:
            part = (found[0][0][0], found[-1][0][1])
            if view.text[part[0] : part[1]].strip():
                out.append(_folded(view, part, f"{anchor}-{part[0]}-"))
    return "".join([*out, "</article>"])


def _passages(view: View) -> Iterator[tuple[int, int]]:
    """Lines, those that a span of any side runs over taken together."""
    spans = sorted((m.start, m.end) for side in (view.gold, view.current, view.candidate) for m in side)
    begun = position = at = reach = 0
    for line in view.text.splitlines(keepends=True):
        position += len(line)
        while at < len(spans) and spans[at][0] < position:
            reach = max(reach, spans[at][1])
            at += 1
        if reach <= position:
            yield begun, position
            begun = position
    if begun < len(view.text):
        yield begun, len(view.text)


def _side_by_side(view: View, part: tuple[int, int], changes: Sequence[Change], prefix: str) -> str:
    sides = {"gold": view.gold, "current": view.current, "candidate": view.candidate}
    items = "".join(_change(view.text, change) for change in sorted(changes, key=lambda c: (not c.lost, c.start)))
    return f"<div class=side>{_cells(view, part, sides, prefix)}<ul class=changes>{items}</ul></div>"


def _folded(view: View, part: tuple[int, int], prefix: str) -> str:
    characters = part[1] - part[0]
    cells = _cells(view, part, {"gold": view.gold, "both": view.candidate}, prefix)
    return (
        f"<details><summary>{characters} ký tự đọc như nhau / {characters} characters read alike</summary>"
        f'<div class="side two">{cells}</div></details>'
    )


def _cells(view: View, part: tuple[int, int], sides: Mapping[str, Sequence[Mark]], prefix: str) -> str:
    return "".join(
        f"<div><h3>{_SIDES[name]} <small>{name}</small></h3>{_marked(view.text, part, marks, f'{prefix}{name}-')}</div>"
        for name, marks in sides.items()
    )


def _marked(text: str, part: tuple[int, int], marks: Sequence[Mark], prefix: str) -> str:
    """A part of the text with its marks; what is no more right has its verdict as a class and in its title."""
    start, end = part
    inside = [mark for mark in marks if start <= mark.start < end]
    shown = [_Shown(str(at), m.label, m.start - start, m.end - start) for at, m in enumerate(inside)]
    faulty = {str(at): m for at, m in enumerate(inside) if m.verdict != "right"}
    return marked(
        text[start:end].rstrip("\r\n"),
        shown,
        {at: f"{LABEL_NAMES[m.label]} {m.label}: {_VERDICTS[m.verdict]} / {m.verdict}" for at, m in faulty.items()},
        prefix,
        {at: m.verdict for at, m in faulty.items()},
    )


def _change(text: str, change: Change) -> str:
    words = " ".join(text[change.start : change.end].split())
    if len(words) > _LONGEST_WORDS:
        words = words[:_LONGEST_WORDS] + "…"
    vi, en = _CHANGES[change.kind, change.lost]
    kind, sign = ("lost", "▼") if change.lost else ("won", "▲")
    return f'<li><span class="{kind}">{sign} {vi} <small>{en}</small></span> {change.label} “{escape(words)}”</li>'
