"""SDMX-CSV 2.0 of what can be said in SDMX; the rest is counted.

An observation needs an entry of the catalogue, a place with a code, a period with both ends, a unit and one value. Ranges, ranks and
values with `hơn`, `ít nhất`, `dưới` and the like are no one value. One key has one value: the same value again is written once, a result
goes before an estimate of it, and where values still differ none is written.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import BinaryIO

from chitieu.contract import Extraction
from chitieu.output.context import Context, one_line
from chitieu.output.sdmx_structure import AGENCY, FLOW, VERSION, area_codes, code_list, components, indicator_codes
from chitieu.output.table import harmless, plain
from chitieu.output.values import ObservationView, observations

TOTAL = "_T"
_STATUS = {"actual": "A", "estimate": "E", "target": "F"}
_PRECISION = {"exact": "EXACT", "about": "ABOUT"}
# These units are counted in hundredths and thousandths by themselves.
_RATIOS = ("percent", "percentage_point", "permille")
_REASONS = {
    "level": ("không có giá trị", "without a level"),
    "indicator": ("không rõ chỉ tiêu trong danh mục", "without an entry of the catalogue"),
    "place": ("không rõ mã địa phương", "without a place code"),
    "period": ("không rõ thời kỳ", "without a period of two ends"),
    "unit": ("không rõ đơn vị", "without a known unit"),
    "value": (
        "không phải một giá trị (khoảng, thứ hạng, hơn, dưới…)",
        "not one value (range, rank, more than, less than …)",
    ),
    "again": ("nhắc lại giá trị đã có", "the same value again"),
    "estimate": ("ước tính đã có kết quả", "estimates of which the result is there"),
    "conflict": ("cùng khóa mà khác giá trị", "of one key with different values"),
}

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Observed:
    """One observation in SDMX's terms; ``value`` is in the base unit, which is what two of them are compared by."""

    key: Key
    value: Decimal
    status: str
    cells: tuple[str, ...]


def time_period(start: date, end: date) -> tuple[str, str]:
    """FREQ and TIME_PERIOD of the days from first to last, both included."""
    after = end + timedelta(days=1)
    if start == end:
        return "D", start.isoformat()
    months = (after.year - start.year) * 12 + after.month - start.month
    if start.day != 1 or after.day != 1:
        return "_O", f"{start.isoformat()}/P{(after - start).days}D"
    if months == 12 and start.month == 1:
        return "A", f"{start.year:04}"
    if months == 6 and start.month in (1, 7):
        return "S", f"{start.year:04}-S{1 + start.month // 7}"
    if months == 3 and start.month % 3 == 1:
        return "Q", f"{start.year:04}-Q{1 + start.month // 3}"
    if months == 1:
        return "M", f"{start.year:04}-{start.month:02}"
    length = f"P{months // 12}Y" if months % 12 == 0 else f"P{months}M"
    return "_O", f"{start.isoformat()}/{length}"


def to_sdmx(view: ObservationView) -> Observed | str:
    """An observation in SDMX's terms, or the reason why it cannot be said in them: a key of the table of reasons."""
    level, link, period = view.level, view.link, view.row.period
    if level is None:
        return "level"
    if link is None or link.id not in indicator_codes():
        return "indicator"
    place, breakdown = _place_and_breakdown(view)
    if place is None:
        return "place"
    if period is None or period.start is None or period.end is None:
        return "period"
    if level.form in ("range", "rank") or level.bound not in _PRECISION or level.number is None or level.value is None:
        return "value"
    unit = level.known_unit
    if unit is None or unit.id is None or unit.factor is None:
        return "unit"
    freq, time = time_period(date.fromisoformat(period.start), date.fromisoformat(period.end))
    result = "TARGET" if view.row.status == "target" else "RESULT"
    number, exponent = _scaled(Decimal(level.number), Decimal(level.value), unit.id, Decimal(unit.factor))
    key = (freq, place, link.id, breakdown, result, unit.id, time)
    cells = (
        plain(number),
        str(exponent),
        _STATUS[view.row.status],
        _PRECISION[level.bound],
        plain(Decimal(str(link.score))),
        plain(Decimal(str(level.score))),
        view.document.id,
        str(level.start),
        str(level.end),
    )
    return Observed(key, Decimal(level.value), _STATUS[view.row.status], cells)


def _place_and_breakdown(view: ObservationView) -> tuple[str | None, str]:
    """REF_AREA and BREAKDOWN: the narrowest place of the breakdown with a code stands for the document's own."""
    parts = list(view.row.indicator.breakdown)
    code = view.document.place.code if view.document.place is not None else None
    for part in reversed(parts):
        if part.kind == "place" and part.code and f"VN{part.code}" in area_codes():
            code = part.code
            parts.remove(part)
            break
    area = f"VN{code}" if code else None
    said = " > ".join(f"{part.kind}:{one_line(part.text).casefold()}" for part in parts)
    return (area if area in area_codes() else None), said or TOTAL


def _scaled(number: Decimal, value: Decimal, unit: str, factor: Decimal) -> tuple[Decimal, int]:
    """OBS_VALUE and UNIT_MULT: the printed number where its unit is a power of ten that the code list has, else the base value."""
    if unit in _RATIOS:
        return number, 0
    exponent = factor.adjusted()
    if factor == Decimal(1).scaleb(exponent) and str(exponent) in code_list("CL_UNIT_MULT"):
        return number, exponent
    return value, 0


class SdmxWriter:
    """Answers into SDMX-CSV, written when finished: whether a key is told of twice is known only then."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._found: dict[Key, list[Observed]] = {}
        self._left_out: Counter[str] = Counter()

    def add(self, answer: Extraction, text: str) -> None:
        for view in observations(Context(answer)):
            observed = to_sdmx(view)
            if isinstance(observed, str):
                self._left_out[observed] += 1
            else:
                self._found.setdefault(observed.key, []).append(observed)

    def finish(self) -> list[str]:
        """Write; how many rows were left out, and why."""
        out = io.TextIOWrapper(self._stream, encoding="utf-8", newline="")
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(["STRUCTURE", "STRUCTURE_ID", "ACTION", *(c["id"] for c in components())])
        written = 0
        for key, told in self._found.items():
            observed = self._settled(told)
            if observed is not None:
                written += 1
                cells = map(harmless, (*key, *observed.cells))
                writer.writerow(["dataflow", f"{AGENCY}:{FLOW}({VERSION})", "I", *cells])
        out.flush()
        out.detach()
        if not self._left_out:
            return []
        counts = [(self._left_out[reason], said) for reason, said in _REASONS.items() if self._left_out[reason]]
        total = sum(self._left_out.values())
        vi = "; ".join(f"{count} {said[0]}" for count, said in counts)
        en = "; ".join(f"{count} {said[1]}" for count, said in counts)
        return [f"SDMX: {written} dòng, bỏ {total}: {vi}. / {written} rows, {total} left out: {en}."]

    def discard(self) -> None:
        """Nothing is kept outside the stream."""
        self._found.clear()

    def _settled(self, told: list[Observed]) -> Observed | None:
        """The one observation of a key, or None where its values differ; counts what is left out."""
        results = [o for o in told if o.status == "A"]
        if results and len(results) < len(told):
            differing = [o for o in told if o.status != "A" and all(o.value != r.value for r in results)]
            self._left_out["estimate"] += len(differing)
            told = [o for o in told if o not in differing]
            told.sort(key=lambda o: o.status != "A")
        if any(o.value != told[0].value for o in told):
            self._left_out["conflict"] += len(told)
            return None
        self._left_out["again"] += len(told) - 1
        return told[0]
