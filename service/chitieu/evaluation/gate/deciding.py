"""From what was measured to pass or refuse, each reason with a code that stands and words in both languages."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from chitieu.evaluation.gate.comparing import added_errors
from chitieu.evaluation.gate.limits import Limits
from chitieu.evaluation.gate.numbers import in_english as en
from chitieu.evaluation.gate.numbers import in_vietnamese as vi
from chitieu.evaluation.gate.report import Comparison, DocumentResult, Reason, Side, SpeedRatio

_NAMED = 3  # documents in a message; the reason has all


def reasons(
    current: Side,
    candidate: Side,
    measures: Sequence[Comparison],
    calibration: Sequence[Comparison],
    speed: SpeedRatio,
    documents: Sequence[DocumentResult],
    limits: Limits,
) -> Iterator[Reason]:
    """Why the candidate is refused; none: it passes."""
    least = limits.test_set.documents
    if len(documents) < least:
        yield Reason(
            code="test_set_too_small",
            message_vi=f"Bộ kiểm tra có {len(documents)} tài liệu, cần ít nhất {least}.",
            message_en=f"The test set has {len(documents)} documents, at least {least} are needed.",
        )
    if candidate.offset_faults:
        yield _offsets(candidate)
    for measure in measures:
        if measure.verdict == "worse":
            yield _regression(measure, documents, limits)
    for measure in calibration:
        if measure.verdict == "worse":
            yield _calibration(measure, limits)
    if speed.ratio > limits.speed.ratio and speed.low > 1:
        yield Reason(
            code="speed",
            message_vi=f"Thời gian đọc gấp {vi(speed.ratio, 2)} lần mô hình đang dùng "
            f"({vi(speed.low, 2)} … {vi(speed.high, 2)}), tối đa {vi(limits.speed.ratio, 2)}.",
            message_en=f"Reading takes {en(speed.ratio, 2)} times as long as with the current model "
            f"({en(speed.low, 2)} … {en(speed.high, 2)}), the limit is {en(limits.speed.ratio, 2)}.",
        )
    yield from _memory(current, candidate, limits)
    if candidate.bytes > limits.size.bytes:
        most = limits.size.bytes / 1e6
        yield Reason(
            code="size",
            message_vi=f"Các tệp nặng {vi(candidate.bytes / 1e6, 1)} MB, tối đa {vi(most, 1)} MB.",
            message_en=f"The files are {en(candidate.bytes / 1e6, 1)} MB, the limit is {en(most, 1)} MB.",
        )


def blamed(name: str, documents: Sequence[DocumentResult]) -> list[str]:
    """Documents in which the candidate makes more errors of a measure, those with the most first."""
    added = [(added_errors(document.measures[name]), document.name) for document in documents]
    return [document for errors, document in sorted(added, key=lambda row: (-row[0], row[1])) if errors > 0]


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else ".")


def _moved(measure: Comparison, limits: Limits) -> tuple[str, str]:
    """`92,6% → 90,1%, −2,5 điểm (95%: −3,9 … −1,1)` and the same in English; of measures that both models have."""
    values = [measure.current, measure.candidate, measure.difference, measure.low, measure.high]
    before, after, difference, low, high = (100 * (value if value is not None else math.nan) for value in values)
    sure = 100 * limits.regression.confidence
    return (
        f"{vi(before, 1)}% → {vi(after, 1)}%, {vi(difference, 1, sign=True)} điểm "
        f"({vi(sure, 0)}%: {vi(low, 1, sign=True)} … {vi(high, 1, sign=True)})",
        f"{en(before, 1)}% → {en(after, 1)}%, {en(difference, 1, sign=True)} points "
        f"({en(sure, 0)}%: {en(low, 1, sign=True)} … {en(high, 1, sign=True)})",
    )


def _regression(measure: Comparison, documents: Sequence[DocumentResult], limits: Limits) -> Reason:
    names = blamed(measure.name, documents)
    moved_vi, moved_en = _moved(measure, limits)
    return Reason(
        code="regression",
        measure=measure.name,
        documents=names,
        message_vi=f"Kém đi, {measure.title_vi}: {moved_vi}. Kém nhất: {_named(names)}",
        message_en=f"Worse, {measure.title_en}: {moved_en}. Worst: {_named(names)}",
    )


def _calibration(measure: Comparison, limits: Limits) -> Reason:
    moved_vi, moved_en = _moved(measure, limits)
    most = 100 * limits.calibration.error
    return Reason(
        code="calibration",
        measure=measure.name,
        message_vi=f"Tăng, {measure.title_vi}: {moved_vi}, tối đa {vi(most, 1)} điểm.",
        message_en=f"Larger, {measure.title_en}: {moved_en}, the limit is {en(most, 1)} points.",
    )


def _offsets(candidate: Side) -> Reason:
    first = candidate.first_offset_faults[0]
    where = f"{first.document} [{first.start}, {first.end}) {first.fault}"
    return Reason(
        code="offsets",
        documents=sorted({fault.document for fault in candidate.first_offset_faults}),
        message_vi=f"{candidate.offset_faults} vị trí sai, không được có lỗi nào: {where}.",
        message_en=f"{candidate.offset_faults} offset violations where none may be: {where}.",
    )


def _memory(current: Side, candidate: Side, limits: Limits) -> Iterator[Reason]:
    peak = candidate.peak_mib
    if peak is None:
        return
    if peak > limits.memory.mib:
        yield Reason(
            code="memory",
            message_vi=f"Bộ nhớ lên tới {vi(peak, 0)} MiB, tối đa {vi(limits.memory.mib, 0)} MiB.",
            message_en=f"Memory reaches {en(peak, 0)} MiB, the limit is {en(limits.memory.mib, 0)} MiB.",
        )
    elif current.peak_mib is not None and peak > limits.memory.ratio * current.peak_mib:
        most = limits.memory.ratio
        yield Reason(
            code="memory",
            message_vi=f"Bộ nhớ {vi(peak, 0)} MiB, gấp hơn {vi(most, 2)} lần mô hình đang dùng ({vi(current.peak_mib, 0)} MiB).",
            message_en=f"Memory is {en(peak, 0)} MiB, over {en(most, 2)} times the current model's ({en(current.peak_mib, 0)} MiB).",
        )


def notices(
    current: Side, candidate: Side, measures: Sequence[Comparison], documents: Sequence[DocumentResult], limits: Limits
) -> Iterator[Reason]:
    """What should be known of a verdict, whichever it is."""
    if current.sha256 == candidate.sha256:
        yield Reason(
            code="same_model",
            message_vi="Hai mô hình là một.",
            message_en="Both models are one and the same.",
        )
    for measure in measures:
        if measure.verdict == "doubtful":
            moved_vi, moved_en = _moved(measure, limits)
            yield Reason(
                code="regression_doubtful",
                measure=measure.name,
                documents=blamed(measure.name, documents),
                message_vi=f"Có vẻ kém đi, nhưng so nhiều phép đo thì có thể là ngẫu nhiên, {measure.title_vi}: {moved_vi}.",
                message_en=f"Seems worse, but may be chance where many measures are looked at, {measure.title_en}: {moved_en}.",
            )
    unseen = [m for m in measures if m.detectable is not None and m.detectable > limits.regression.detectable]
    if unseen:
        yield _unseen(unseen, len(documents), limits)
    silent = [m for m in measures if m.verdict == "not_judged"]
    if silent:
        yield Reason(
            code="not_judged",
            message_vi="Quá ít dữ liệu để xét: " + ", ".join(m.title_vi for m in silent) + ".",
            message_en="Too little to judge by: " + ", ".join(m.title_en for m in silent) + ".",
        )


def _unseen(measures: Sequence[Comparison], documents: int, limits: Limits) -> Reason:
    wanted = limits.regression.detectable
    worst = max(measure.detectable or 0.0 for measure in measures)
    needed = math.ceil(documents * (worst / wanted) ** 2)
    each = [(m.title_vi, m.title_en, 100 * (m.detectable or 0.0)) for m in measures]
    return Reason(
        code="loss_may_be_unseen",
        message_vi=f"Với {documents} tài liệu, có thể không thấy được mức giảm dưới: "
        + "; ".join(f"{title} {vi(size, 1)} điểm" for title, _, size in each)
        + f". Để thấy {vi(100 * wanted, 1)} điểm ở mọi phép đo cần khoảng {vi(needed, 0)} tài liệu như thế.",
        message_en=f"With {documents} documents a loss may go unseen that is under: "
        + "; ".join(f"{title} {en(size, 1)} points" for _, title, size in each)
        + f". To see {en(100 * wanted, 1)} points of every measure takes about {en(needed, 0)} such documents.",
    )
