"""Series as a picture, PNG or SVG. Needs the extra `charts`.

The letters are drawn with the font that comes with matplotlib, in SVG as outlines, so that they look alike everywhere. The same series
give the same bytes.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any, BinaryIO, Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator

from chitieu.output.numbers import short
from chitieu.series.answer import Point, Series, SeriesAnswer, Statement
from chitieu.series.table import kind_words, number_words, title_of

Format = Literal["png", "svg"]
MOST_PANELS = 6
_WIDTH, _HEIGHT, _LOWER, _DPI = 9.6, 5.2, 3.8, 160  # inches, of one panel and of each of several; pixels an inch
_LINE, _PLAN, _CONFLICT = "#1f5f8b", "#b0702a", "#b3261e"
_TEXT, _SMALL, _QUIET, _RULE = "#22303c", "#5b6774", "#8a94a0", "#e4e8ec"
_MOST_TICKS = 12
_MOST_NUMBERS = 14  # points that their numbers are written at
_TITLE_WIDTH = 74  # letters
_STYLE: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 10,
    "text.color": _TEXT,
    "axes.edgecolor": _QUIET,
    "axes.labelcolor": _TEXT,
    "xtick.color": _TEXT,
    "ytick.color": _TEXT,
    "svg.fonttype": "path",
    "svg.hashsalt": "chitieu",
}


def draw(answer: SeriesAnswer, stream: BinaryIO, format: Format) -> None:
    """Draw the first series of an answer, `MOST_PANELS` at most, below each other; one without any gives a frame that says so."""
    shown = answer.series[:MOST_PANELS]
    title = title_of(answer, shown[0]) if shown else answer.indicator.name_vi
    with matplotlib.rc_context(_STYLE):
        height = _HEIGHT if len(shown) < 2 else _LOWER * len(shown)
        layout = ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.15, hspace=0.06)
        figure = Figure(figsize=(_WIDTH, height), dpi=_DPI, facecolor="white", layout=layout)
        for at, one in enumerate(shown):
            _panel(figure.add_subplot(len(shown), 1, at + 1), answer, one, at + 1)
        if not shown:
            figure.text(0.5, 0.5, f"{title}: không có số liệu", ha="center", va="center")
        # No moment is told, so that the same series are the same bytes.
        by = {"Software": "chitieu"} if format == "png" else {"Creator": "chitieu", "Date": None}
        figure.savefig(stream, format=format, dpi=_DPI, metadata={"Title": title, **by})


def _panel(axes: Axes, answer: SeriesAnswer, one: Series, number: int) -> None:
    """One series. What is drawn bears its kind and the panel's number as id: `actual-1`."""
    by_status: dict[str, list[Point]] = {"actual": [], "estimate": [], "target": []}
    for point in one.points:
        by_status[point.status].append(point)
    results = by_status["actual"]
    known = {_when(point) for point in results}
    line = sorted([*results, *(p for p in by_status["estimate"] if _when(p) not in known)], key=_when)
    others = [(point, s) for point in one.points for s in point.restatements]
    conflicts = [(point, s) for point in one.points for s in point.conflicts]
    implied = [point for point in one.points if point.plan is not None and point.plan.source == "implied"]

    axes.plot([_when(p) for p in line], [_height(p) for p in line], color=_LINE, lw=1.8, zorder=3, gid=f"line-{number}")
    estimates = by_status["estimate"]
    solid: dict[str, Any] = {"marker": "o", "ms": 6.5, "mec": _LINE}
    dash: dict[str, Any] = {"marker": "_", "ms": 22, "mec": _PLAN}
    _marks(axes, f"actual-{number}", "Thực hiện", _plainly(results), **solid, mfc=_LINE)
    _marks(axes, f"estimate-{number}", "Ước thực hiện", _plainly(estimates), **solid, mfc="white", mew=1.6)
    _marks(axes, f"target-{number}", "Kế hoạch, mục tiêu", _plainly(by_status["target"]), **dash, mew=2.4)
    _marks(axes, f"implied-{number}", "Kế hoạch suy ra", _plainly(implied), height=_implied, **dash, mew=1.2, alpha=0.6)
    _marks(axes, f"other-{number}", "Số ở tài liệu khác", others, marker="D", ms=5.5, mfc="none", mec=_QUIET, mew=1.1)
    _marks(axes, f"conflict-{number}", "Số mâu thuẫn", conflicts, marker="x", ms=8, mew=2, mec=_CONFLICT)
    for point in one.points:
        if point.number_upper is not None:
            ends = [float(point.number), float(point.number_upper)]
            axes.plot([_when(point)] * 2, ends, color=_PLAN if point.status == "target" else _LINE, lw=1.4, alpha=0.6)
    if len(line) <= _MOST_NUMBERS:
        _write_numbers(axes, one, line)
    _frame(axes, answer, one)


def _write_numbers(axes: Axes, one: Series, line: Sequence[Point]) -> None:
    """The value at each point of the line: above it, or below where something else is marked above."""
    for point in line:
        beside = [p for p in one.points if _when(p) == _when(point)]
        heights = [_height(p) for p in beside] + [
            _height(p, s) for p in beside for s in (*p.restatements, *p.conflicts)
        ]
        is_free = max(heights) <= _height(point) and _implied(point) <= _height(point)
        axes.annotate(
            number_words(point),
            (_when(point), _height(point)),
            (0, 9 if is_free else -10),
            textcoords="offset points",
            ha="center",
            va="bottom" if is_free else "top",
            fontsize=9,
            color=_LINE,
            zorder=6,
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )


def _plainly(points: Iterable[Point]) -> list[tuple[Point, Statement | None]]:
    return [(point, None) for point in points]


def _marks(
    axes: Axes,
    gid: str,
    label: str,
    marked: Sequence[tuple[Point, Statement | None]],
    *,
    height: Callable[[Point, Statement | None], float] | None = None,
    **look: Any,
) -> None:
    if marked:
        heights = [(height or _height)(point, statement) for point, statement in marked]
        axes.plot([_when(point) for point, _ in marked], heights, ls="none", label=label, gid=gid, zorder=4, **look)


def _when(point: Point) -> int:
    end = point.period.end
    return end.toordinal() if end is not None else 0


def _height(point: Point, statement: Statement | None = None) -> float:
    """Where a mark stands; a picture needs no more digits than a float has."""
    number = statement.number if statement is not None and statement.number is not None else point.number
    return float(number)


def _implied(point: Point, _: Statement | None = None) -> float:
    """Where the mark of a point's plan stands; where it has none, its own."""
    return float(point.plan.number) if point.plan is not None else float(point.number)


def _frame(axes: Axes, answer: SeriesAnswer, one: Series) -> None:
    labels = {_when(point): point.period.label for point in one.points}
    ticks = sorted(labels)
    step = -(-len(ticks) // _MOST_TICKS)
    ticks = ticks[::-1][::step][::-1]  # the newest is always told
    axes.set_xticks(ticks, [labels[tick] for tick in ticks])
    axes.xaxis.set_tick_params(length=0, pad=6)
    axes.yaxis.set_tick_params(length=0)
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda height, _: short(Decimal(f"{height:.10g}"))))
    axes.grid(axis="y", color=_RULE, lw=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.margins(x=0.07, y=0.16)
    lines = textwrap.wrap(title_of(answer, one), _TITLE_WIDTH)
    axes.set_title("\n".join(lines), loc="left", fontsize=13, fontweight="bold", pad=48)
    words = kind_words(one)
    axes.annotate(
        words[0].upper() + words[1:],
        (0, 1),
        (0, 30),
        xycoords="axes fraction",
        textcoords="offset points",
        color=_SMALL,
    )
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1.01),
        ncols=6,
        frameon=False,
        fontsize=9,
        borderaxespad=0,
        borderpad=0.3,
        handlelength=1.6,
        handletextpad=0.5,
        columnspacing=1.6,
    )
    documents = {s.document.id for p in one.points for s in (*p.statements, *p.restatements, *p.conflicts)}
    axes.set_xlabel(f"Nguồn: {len(documents)} tài liệu", loc="right", fontsize=8.5, color=_SMALL, labelpad=8)
