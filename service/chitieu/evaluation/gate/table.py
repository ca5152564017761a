"""The tables of a report, the same on the terminal and on the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chitieu.evaluation.gate.numbers import in_vietnamese as number
from chitieu.evaluation.gate.report import Comparison, GateReport, Verdict

_VERDICTS: dict[Verdict, str] = {
    "worse": "kém / worse",
    "doubtful": "kém? / worse?",
    "same": "như nhau / same",
    "better": "khá hơn / better",
    "not_judged": "quá ít / too few",
}


@dataclass(frozen=True)
class Row:
    """The head has ``titles``, Vietnamese and English, and the columns that hold numbers; the others have cells. ``alarm``: it is why."""

    cells: tuple[str, ...] = ()
    titles: tuple[tuple[str, str], ...] = ()
    numbers: frozenset[int] = field(default=frozenset())
    alarm: bool = False


def measure_rows(report: GateReport) -> list[Row]:
    """Measures and calibration, values in percent, differences in points."""
    sure = f"{100 * report.limits.regression.confidence:g}%"
    titles = (
        ("Phép đo", "measure"),
        ("Số mẫu", "gold"),
        ("Tài liệu", "documents"),
        ("Đang dùng", "current"),
        ("Ứng viên", "candidate"),
        ("Chênh", "difference"),
        (f"Khoảng {sure}", "interval"),
        ("Thấy được từ", "detectable"),
        ("Kết luận", "verdict"),
    )
    head = Row(titles=titles, numbers=frozenset(range(1, 8)))
    return [head, *(_measure(c) for c in (*report.measures, *report.calibration))]


def _measure(one: Comparison) -> Row:
    between = "" if one.low is None else f"{_points(one.low)} … {_points(one.high)}"
    return Row(
        (
            f"{one.title_vi} / {one.title_en}" if one.title_vi != one.title_en else one.title_vi,
            str(one.gold),
            str(one.documents),
            _percent(one.current),
            _percent(one.candidate),
            _points(one.difference),
            between,
            _percent(one.detectable),
            _VERDICTS[one.verdict],
        ),
        alarm=one.verdict == "worse",
    )


def cost_rows(report: GateReport) -> list[Row]:
    """Time, memory, size and offsets."""
    old, new, limits, speed = report.current, report.candidate, report.limits, report.speed
    titles = (("Chi phí", "cost"), ("Đang dùng", "current"), ("Ứng viên", "candidate"), ("Tối đa", "limit"))
    refused = {reason.code for reason in report.reasons}
    memory = f"{number(limits.memory.mib, 0)}; ×{number(limits.memory.ratio, 2)}"
    return [
        Row(titles=titles, numbers=frozenset((1, 2, 3))),
        Row(
            (
                "thời gian đọc, giây / reading, s",
                number(old.seconds, 1),
                f"{number(new.seconds, 1)}; ×{number(speed.ratio, 2)} ({number(speed.low, 2)} … {number(speed.high, 2)})",
                f"×{number(limits.speed.ratio, 2)}",
            ),
            alarm="speed" in refused,
        ),
        Row(
            ("bộ nhớ, MiB / memory, MiB", _whole(old.peak_mib), _whole(new.peak_mib), memory),
            alarm="memory" in refused,
        ),
        Row(
            (
                "kích thước, MB / size, MB",
                number(old.bytes / 1e6, 1),
                number(new.bytes / 1e6, 1),
                number(limits.size.bytes / 1e6, 1),
            ),
            alarm="size" in refused,
        ),
        Row(
            ("vị trí sai / offset violations", str(old.offset_faults), str(new.offset_faults), "0"),
            alarm="offsets" in refused,
        ),
    ]


def document_rows(report: GateReport) -> list[Row]:
    """Errors of every document, those that got worse first."""
    titles = (
        ("Tài liệu", "document"),
        ("Lỗi đang dùng", "current"),
        ("Lỗi ứng viên", "candidate"),
        ("Thêm", "added"),
        ("Phép đo kém đi", "measures"),
    )
    rows = sorted(report.documents, key=lambda d: (d.errors[0] - d.errors[1], d.name))
    return [
        Row(titles=titles, numbers=frozenset((1, 2, 3))),
        *(
            Row(
                (
                    d.name,
                    str(d.errors[0]),
                    str(d.errors[1]),
                    number(d.errors[1] - d.errors[0], 0, sign=True),
                    ", ".join(d.worse),
                )
            )
            for d in rows
        ),
    ]


def _percent(value: float | None) -> str:
    return "–" if value is None else number(100 * value, 1)


def _points(value: float | None) -> str:
    return "–" if value is None else number(100 * value, 1, sign=True)


def _whole(value: float | None) -> str:
    return "–" if value is None else number(value, 0)


def as_text(report: GateReport) -> str:
    """Verdict, reasons and tables for a terminal."""
    verdict = "ĐẠT / PASS" if report.decision == "pass" else "TỪ CHỐI / REFUSED"
    names = [f"{side.name} {side.version}" for side in (report.candidate, report.current)]
    parts = [
        f"{names[0]} / {names[1]}, {report.test_set.documents} tài liệu / documents: {verdict}",
        "\n".join(f"✗ {r.code}: {r.message_vi} / {r.message_en}" for r in report.reasons),
        _aligned(measure_rows(report)),
        _aligned(cost_rows(report)),
        "\n".join(f"· {r.code}: {r.message_vi} / {r.message_en}" for r in report.notices),
    ]
    return "\n\n".join(part for part in parts if part)


def _aligned(rows: Sequence[Row]) -> str:
    head, *body = rows
    lines = [tuple(vi for vi, _ in head.titles), tuple(en for _, en in head.titles), *(row.cells for row in body)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    shown = [
        "  ".join(
            cell.rjust(width) if at in head.numbers else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return "\n".join([*shown[:2], "  ".join("─" * width for width in widths), *shown[2:]])
