"""One HTML file: the texts with their figures highlighted, the table and the checks; opens without a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from typing import BinaryIO, Protocol

from chitieu.contract import PHRASE_LABELS, Extraction, Figure, Observation, Span
from chitieu.output.columns import DATA, Column, TableName, for_people, in_words
from chitieu.output.context import Context
from chitieu.output.table import plain
from chitieu.output.values import failed_first, table

LABEL_NAMES = {
    "INDICATOR": "chỉ tiêu", "QUANTITY": "số lượng", "UNIT": "đơn vị", "PERCENT": "phần trăm", "PERIOD": "thời kỳ",
    "ATTAINMENT": "so kế hoạch", "CHANGE": "tăng giảm", "SHARE": "tỷ trọng",
}  # fmt: skip


@cache
def inline_style() -> str:
    """The style that every page holds."""
    return (DATA / "page.css").read_text(encoding="utf-8")


class Highlighted(Protocol):
    """What `marked` needs of a span."""

    @property
    def id(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


def _order(span: Highlighted) -> tuple[int, int, bool]:
    return span.start, -span.end, span.label not in PHRASE_LABELS


def marked(
    text: str,
    spans: Sequence[Highlighted],
    titles: Mapping[str, str] | None = None,
    prefix: str = "",
    classes: Mapping[str, str] | None = None,
) -> str:
    """The text as HTML with a ``<span>`` around every span; spans nest.

    Args:
        titles: from a span's id to what is shown over it; its label's name where it has none.
        prefix: put before ids, which hold within one answer only.
        classes: from a span's id to a class that it has besides its label.
    """
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
        title = (titles or {}).get(span.id, LABEL_NAMES[span.label])
        kinds = " ".join(filter(None, (span.label, (classes or {}).get(span.id))))
        parts.append(f'<span class="{kinds}" id="{prefix}{span.id}" title="{escape(title)}">')
        open_ends.append(min(span.end, open_ends[-1]) if open_ends else span.end)
    close(len(text))
    write(len(text))
    return "".join(parts)


def _titles(context: Context) -> dict[str, str]:
    """What is shown over a span: its name, its indicator's path, and what was read of its figure."""
    read = {(f.start, f.end): f for f in context.answer.figures}
    out: dict[str, str] = {}
    for span in context.answer.spans:
        lines = [LABEL_NAMES[span.label]]
        figure = read.get((span.start, span.end))
        path = context.path(figure) if figure is not None else _path(span, context)
        if path:
            lines.append("chỉ tiêu: " + " > ".join(path))
        if figure is not None:
            lines += _read(figure)
        out[span.id] = "\n".join(lines)
    return out


def _path(span: Span, context: Context) -> list[str]:
    governor = context.spans.get(span.of or span.in_ or "")
    return [" ".join(governor.text.split())] if governor is not None else []


def _read(figure: Figure) -> list[str]:
    unit = figure.known_unit.id if figure.known_unit is not None and figure.known_unit.id else ""
    lines = []
    if figure.value is not None:
        until = f" – {figure.value_upper}" if figure.value_upper is not None else ""
        bound = in_words("bound", figure.bound) + " " if figure.bound != "exact" else ""
        lines.append(f"giá trị: {bound}{figure.value}{until} {unit}".rstrip())
    if figure.direction is not None:
        lines.append(in_words("direction", figure.direction) + (f", tỷ số {figure.ratio}" if figure.ratio else ""))
    if figure.period is not None and (figure.period.start or figure.period.end):
        lines.append(f"thời kỳ: {figure.period.start or '…'} – {figure.period.end or '…'}")
    if figure.status != "actual":
        lines.append(in_words("status", figure.status))
    return lines


def _cell(column: Column, value: str, code: str, link: str) -> str:
    classes = {"level": "number", "status": "short", "agrees": f"{code}-word"}.get(column.name, "")
    shown = escape(value)
    if link and shown:
        shown = f'<a href="#{link}">{shown}</a>'
    return f'<td{f" class={classes}" if classes else ""} data-title="{escape(column.title_vi)}">{shown}</td>'


def _table(name: TableName, answer: Extraction, links: list[str]) -> str:
    """A table of the columns that pages show; ``links`` name where each row's first cell leads."""
    shown = [column for column in for_people(name) if column.page]
    head = "".join(
        f'<th title="{escape(f"{c.title_en}: {c.description_vi} / {c.description_en}")}">{escape(c.title_vi)}</th>'
        for c in shown
    )
    body: list[str] = []
    for row, link in zip(table(name, answer), links, strict=True):
        cells = []
        for at, column in enumerate(shown):
            code = plain(row[column.name])
            value = in_words(column.words, code) if column.words and code else code
            cells.append(_cell(column, value, code, link if at == 0 else ""))
        alarm = ' class="no"' if row.get("agrees") == "no" else ""
        body.append(f'<tr{alarm} title="{escape(plain(row.get("words")))}">{"".join(cells)}</tr>')
    return f"<div class='card wrap'><table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"


def _link(ids: list[str], context: Context, prefix: str) -> str:
    """Where the first of some figures is highlighted: the span of its place."""
    places = {(s.start, s.end): s.id for s in context.answer.spans}
    for figure in (context.figures[i] for i in ids):
        found = places.get((figure.start, figure.end))
        if found is not None:
            return prefix + found
    return ""


def article(text: str, answer: Extraction, prefix: str = "") -> str:
    """One document: the text highlighted, the table of its observations, its checks."""
    context = Context(answer)
    document = answer.document
    place = document.place.name or document.place.text if document.place is not None else ""
    period = document.period.text if document.period is not None else ""
    failed = sum(not check.ok for check in answer.checks)
    about = " · ".join(
        part
        for part in (
            " ".join(place.split()),
            " ".join(period.split()),
            f"{len(answer.figures)} số liệu, {len(answer.observations)} dòng",
            f"{len(answer.checks)} phép kiểm tra" + (f", {failed} không khớp" if failed else ""),
        )
        if part
    )
    legend = " ".join(f'<span class="{label}">{name}</span>' for label, name in LABEL_NAMES.items())
    links = [_link(_members(row), context, prefix) for row in answer.observations]
    parts = [
        f"<h1>{escape(document.id)}</h1><p class=about>{escape(about)}</p><div class=legend>{legend}</div>",
        f'<div class="card text" id="{prefix}text">{marked(text, answer.spans, _titles(context), prefix)}</div>',
        "<h2>Bảng số liệu <small>figures</small></h2>",
        _table("observations", answer, links),
    ]
    if answer.checks:
        links = [_link(list(check.figures), context, prefix) for check in failed_first(answer)]
        parts += ["<h2>Kiểm tra <small>checks</small></h2>", _table("checks", answer, links)]
    return "<article>" + "".join(parts) + "</article>"


def _members(row: Observation) -> list[str]:
    return [*([row.level] if row.level else []), *row.changes, *row.shares, *row.attainments]


def page_head(title: str) -> str:
    """All that goes before the articles."""
    return (
        "<!doctype html>\n<html lang=vi><head><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{inline_style()}</style></head><body><main>"
    )


PAGE_FOOT = "</main></body></html>\n"


def to_html(text: str, answer: Extraction) -> str:
    """A whole page of one document."""
    return page_head(answer.document.id) + article(text, answer) + PAGE_FOOT


class PageWriter:
    """Answers into one page, an article each."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._count = 0

    def add(self, answer: Extraction, text: str) -> None:
        self._count += 1
        if self._count == 1:
            self._stream.write(page_head(answer.document.id).encode())
        # The first keeps the ids of its answer; further ones would use them again.
        self._stream.write(article(text, answer, f"d{self._count}-" if self._count > 1 else "").encode())

    def finish(self) -> list[str]:
        """Close the page; nothing to tell."""
        if not self._count:
            self._stream.write(page_head("chitieu").encode())
        self._stream.write(PAGE_FOOT.encode())
        return []

    def discard(self) -> None:
        """Nothing is kept outside the stream."""
