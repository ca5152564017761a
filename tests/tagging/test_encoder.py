"""The encoder itself: what stands beside a text does not change what is read in it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from chitieu.errors import ModelInvalid
from chitieu.tagging.encoder import Tagger
from chitieu.text.passages import read_passages
from chitieu.text.reading import Reading
from chitieu.text.source import SourceText

SHORT = [
    "Tổng thu ngân sách đạt 7.215 tỷ đồng, bằng 81,4% dự toán.",
    "Sản lượng lúa ước đạt 412.300 tấn, tăng 3,2% so với cùng kỳ.",
    "Có 37 xã đạt chuẩn nông thôn mới.",
    "Tỷ lệ hộ nghèo còn 4,15%, giảm 0,85 điểm %.",
    "Kim ngạch xuất khẩu 9 tháng đầu năm 2021 ước đạt 1,27 tỷ USD, tăng 12,5%, đạt 76,3% kế hoạch; nhập khẩu đạt 845 triệu USD.",
    "Đàn bò 128.450 con, đàn lợn 342.100 con, giảm 2,7%.",
]
LONG = "\n".join(f"Huyện thứ {n}: {text}" for n in range(6) for text in SHORT)


def passages(text):
    return read_passages(Reading(SourceText(text)))


@contextmanager
def gathered(tagger: Tagger, count: int):
    """Hold the encoder's first pass until so many callers wait behind it."""
    shared = tagger._shared
    run, passes, at_work, first = shared._run, shared._passes, threading.Event(), threading.Lock()

    def held(batch):
        if first.acquire(blocking=False):
            at_work.set()
            for _ in range(20_000):
                if len(shared._callers) >= count:
                    break
                threading.Event().wait(0.001)
        return run(batch)

    shared._run, shared._passes = held, 1
    try:
        yield at_work
    finally:
        shared._run, shared._passes = run, passes


@pytest.fixture
def tagger(pipeline):
    return pipeline.tagger


def test_spans_are_the_same_to_the_last_bit_in_company(tagger):
    texts = [*SHORT, LONG, SHORT[4] + " " + SHORT[0]]
    alone = [tagger.tag(passages(text)) for text in texts]
    told = []
    tagger.pass_observers.append(lambda **of: told.append(of))
    try:
        with ThreadPoolExecutor(len(texts) + 1) as threads, gathered(tagger, len(texts)) as at_work:
            first = threads.submit(tagger.tag, passages(SHORT[0]))
            assert at_work.wait(20)
            together = [one.result(120) for one in [threads.submit(tagger.tag, passages(t)) for t in texts]]
            assert first.result(120) == alone[0]
    finally:
        tagger.pass_observers.pop()
    assert together == alone
    assert max(t["callers"] for t in told) >= 3, told


def test_spans_are_the_same_while_other_passes_run(tagger):
    texts = [*SHORT, LONG, SHORT[4] + " " + SHORT[0]]
    alone = [tagger.tag(passages(text)) for text in texts]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda text: tagger.tag(passages(text)), texts * 2)) == alone * 2


def test_progress_counts_windows(tagger):
    told = []
    tagger.tag(passages(LONG), progress=lambda done, of: told.append((done, of)))
    assert len(told) >= 3
    assert told == [(n, len(told) - 1) for n in range(len(told))]


def test_progress_may_end_the_reading_and_the_next_is_whole(tagger):
    def stop(done, of):
        if done == 1:
            raise TimeoutError("enough")

    with pytest.raises(TimeoutError, match="enough"):
        tagger.tag(passages(LONG), progress=stop)
    assert not tagger._shared._callers
    assert tagger.tag(passages(SHORT[0]))


def test_a_model_that_does_not_load_is_told_to_every_caller(tagger, tmp_path):
    for name in ("manifest.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((tagger.folder / name).read_bytes())
    size = (tagger.folder / "model.onnx").stat().st_size
    with (tmp_path / "model.onnx").open("wb") as file:
        file.truncate(size)
    (tmp_path / "CARD.md").write_bytes(b"\0" * (tagger.folder / "CARD.md").stat().st_size)
    broken = Tagger(tmp_path)
    with ThreadPoolExecutor(4) as threads:
        for one in [threads.submit(broken.tag, passages(text)) for text in SHORT[:4]]:
            with pytest.raises(ModelInvalid):
                one.result(60)
