"""A run in words: Vietnamese, then English."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from chitieu.batch.output import is_database
from chitieu.batch.run import Failed, Forecast, Report

_SHOWN = 20  # failures
_MIB = 1024 * 1024


def report_told(report: Report, out: str) -> str:
    """What a run did, and what failed."""
    rate = report.read / report.seconds if report.seconds else 0.0
    took = timedelta(seconds=round(report.seconds))
    n = _number
    lines = []
    if report.interrupted:
        lines.append("Đã dừng giữa chừng; chạy lại lệnh này để đọc tiếp. / Interrupted; run the same command to go on.")
    lines.append(
        f"Đã xem {n(report.files)} tệp trong {took}: đọc {n(report.read)} tài liệu ({rate:.2f}/giây), "
        f"{n(report.before)} tệp đã đọc trước hoặc trùng, {n(report.failed)} lỗi. / "
        f"{report.files:,} files in {took}: {report.read:,} documents read ({rate:.2f}/s), "
        f"{report.before:,} files read before or the same as others, {report.failed:,} failed."
    )
    if report.totals is not None:
        totals = report.totals
        where = out if not is_database(out) else "cơ sở dữ liệu / the database"
        lines.append(
            f"Kết quả {where}: {n(totals.documents)} tài liệu, {n(totals.figures)} con số, {n(totals.names)} tên tệp, "
            f"{n(totals.errors)} lỗi. / The output has {totals.documents:,} documents, {totals.figures:,} figures, "
            f"{totals.names:,} file names, {totals.errors:,} errors."
        )
    lines += _failures(report.failures, report.failed)
    if report.failed:
        lines.append("Thử lại tệp lỗi: --retry-errors. / To try them again: --retry-errors.")
    return "\n".join(lines)


def forecast_told(forecast: Forecast) -> str:
    """What a run would do."""
    size = forecast.bytes / _MIB
    lines = [
        f"Sẽ đọc {_number(forecast.to_read)} tài liệu ({size:.1f} MiB) trong {_number(forecast.files)} tệp; "
        f"{_number(forecast.before)} tệp đã đọc trước hoặc trùng. / {forecast.to_read:,} documents ({size:.1f} MiB) "
        f"of {forecast.files:,} files would be read; {forecast.before:,} were read before or are the same as others."
    ]
    return "\n".join(lines + _failures(forecast.failures, len(forecast.failures)))


def _failures(failures: Iterable[Failed], count: int) -> list[str]:
    shown = sorted(failures, key=lambda one: one.name)[:_SHOWN]
    if not shown:
        return []
    lines = [f"Lỗi ({_number(count)}) / errors ({count:,}):"]
    lines += [f"  {one.name}: {one.code}: {one.message}" for one in shown]
    if count > len(shown):
        more = count - len(shown)
        lines.append(f"  … và {_number(more)} lỗi nữa, xem bảng errors / and {more:,} more, see the table of errors")
    return lines


def _number(value: int) -> str:
    return f"{value:,}".replace(",", ".")
