"""One HTML file: the text with its figures highlighted; opens without a network."""

from __future__ import annotations

from html import escape

from chitieu.contract import PHRASE_LABELS, Extraction, Span
from chitieu.output.table import rows

_NAMES = {
    "INDICATOR": "chỉ tiêu", "QUANTITY": "số lượng", "UNIT": "đơn vị", "PERCENT": "phần trăm", "PERIOD": "thời kỳ",
    "ATTAINMENT": "so kế hoạch", "CHANGE": "tăng giảm", "SHARE": "tỷ trọng",
}  # fmt: skip
_STYLE = """body{font:16px/1.6 system-ui,"Noto Sans",sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#1b1f24;background:#fff}
#text{white-space:pre-wrap;overflow-wrap:anywhere}span[class]{border-radius:3px}.INDICATOR{background:#cfe3ff}.QUANTITY{background:#ffe2a8}
.UNIT{background:#fff2cf}.PERCENT{background:#ffd3c2}.PERIOD{background:#e5e0f7}.ATTAINMENT{border-bottom:2px solid #1a7f37}
.CHANGE{border-bottom:2px solid #0969da}.SHARE{border-bottom:2px solid #8250df}table{border-collapse:collapse;width:100%;font-size:.9rem}
td,th{border-bottom:1px solid #d0d7de;padding:.3rem .5rem;text-align:left;vertical-align:top}#wrap{overflow-x:auto}"""
_HEADS = {"indicator": "Chỉ tiêu", "level": "Giá trị", "unit": "Đơn vị", "changes": "Tăng giảm", "shares": "Tỷ trọng",
          "attainments": "So kế hoạch", "period": "Thời kỳ"}  # fmt: skip


def _order(span: Span) -> tuple[int, int, bool]:
    return span.start, -span.end, span.label not in PHRASE_LABELS


def marked(text: str, spans: list[Span]) -> str:
    """The text as HTML with a ``<span>`` around every span; spans nest."""
    parts: list[str] = []
    open_ends: list[int] = []
    at = 0

    def write(to: int) -> None:
        nonlocal at
        parts.append(escape(text[at:to]))
        at = to

    def close(before: int) -> None:
        while open_ends and open_ends[-1] <= before:
            write(open_ends.pop())
            parts.append("</span>")

    for span in sorted(spans, key=_order):
        close(span.start)
        write(span.start)
        indicator = span.of or span.in_
        title = _NAMES[span.label] + (f" → {indicator}" if indicator else "")
        parts.append(f'<span class="{span.label}" id="{span.id}" title="{escape(title)}">')
        open_ends.append(min(span.end, open_ends[-1]) if open_ends else span.end)
    close(len(text))
    write(len(text))
    return "".join(parts)


def to_html(text: str, answer: Extraction) -> str:
    """A whole page: the text highlighted, the table below."""
    legend = " ".join(f'<span class="{label}">{name}</span>' for label, name in _NAMES.items())
    head = "".join(f"<th>{title}</th>" for title in _HEADS.values())
    body = "".join("<tr>" + "".join(f"<td>{escape(row[c])}</td>" for c in _HEADS) + "</tr>" for row in rows(answer))
    return (
        "<!doctype html>\n<html lang=vi><head><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(answer.document.id)}</title><style>{_STYLE}</style></head><body><h1>{escape(answer.document.id)}</h1>"
        f"<p>{legend}</p><div id=text>{marked(text, answer.spans)}</div><h2>Bảng số liệu / figures</h2><div id=wrap>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></body></html>\n"
    )
