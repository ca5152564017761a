"""The engine in real processes that die, hang and fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from hashlib import sha256
from pathlib import Path

import psutil
import pytest

from batch_fakes import read_texts
from batch_runs import report_text
from chitieu.batch.engine import Failure, Item, Reading
from chitieu.batch.local import LocalEngine
from chitieu.batch.worker import Plan
from chitieu.errors import ModelInvalid, WorkersLost


def item(text: str, hint: str = "") -> Item:
    data = text.encode()
    return Item(sha256(data).hexdigest(), hint, data)


@pytest.fixture
def engine():
    made: list[LocalEngine] = []

    def start(pipeline: str = "touchy", *, workers: int = 2, seconds: float = 60, attempts: int = 3) -> LocalEngine:
        plan = Plan(f"batch_fakes:{pipeline}", None, {}, "tables", 1)
        made.append(LocalEngine(plan, workers=workers, seconds=seconds, attempts=attempts))
        return made[-1]

    yield start
    for one in made:
        one.close()


def outcomes(engine: LocalEngine, items: list[Item], *, within: float = 120) -> dict[str, Reading | Failure]:
    """What all items gave, by their digest; each has one result."""
    waiting, out, end = list(items), {}, time.monotonic() + within
    while waiting or not engine.is_idle():
        assert time.monotonic() < end, "the engine hangs"
        while waiting and engine.has_room():
            engine.submit(waiting.pop(0))
        for result in engine.results(0.2):
            assert result.sha256 not in out
            out[result.sha256] = result.outcome
    return out


def test_results_come_for_every_item(engine, told):
    items = [item(report_text(n)) for n in range(12)]
    made = outcomes(engine(), items)
    assert set(made) == {i.sha256 for i in items}
    for one in made.values():
        assert isinstance(one, Reading)
        assert (one.year, one.place) == ("2021", "84") and one.figures >= 5
        assert {name: part.rows > 0 for name, part in one.parts.items()} == {
            "documents": True, "figures": True, "observations": True, "checks": one.parts["checks"].rows > 0
        }  # fmt: skip


def test_a_process_that_dies_costs_one_document_and_is_tried_so_often(engine, told):
    bad, good = item("CHẾT " + report_text(1)), [item(report_text(n)) for n in range(6)]
    made = outcomes(engine(attempts=3), [good[0], bad, *good[1:]])
    assert isinstance(made[bad.sha256], Failure)
    assert made[bad.sha256].code == "file_too_costly"
    assert "3 lần" in made[bad.sha256].message and "SIGKILL" in made[bad.sha256].message
    assert all(isinstance(made[one.sha256], Reading) for one in good)
    assert read_texts(told).count(sha256(bad.data).hexdigest()) == 3


def test_a_process_that_died_once_costs_nothing(engine, told):
    unlucky = item("CHẾT MỘT LẦN " + report_text(1))
    made = outcomes(engine(), [unlucky, item(report_text(2))])
    assert all(isinstance(one, Reading) for one in made.values())


def test_a_document_that_hangs_is_ended_and_the_others_go_on(engine, told):
    slow, good = item("TREO " + report_text(1)), [item(report_text(n)) for n in range(4)]
    begun = time.monotonic()
    made = outcomes(engine(seconds=6), [slow, *good])
    assert time.monotonic() - begun < 60
    assert made[slow.sha256] == Failure("file_too_costly", "đọc quá 6 giây. / reading it takes more than 6 s.")
    assert all(isinstance(made[one.sha256], Reading) for one in good)
    assert read_texts(told).count(sha256(slow.data).hexdigest()) == 1, "what takes too long once does so again"


def test_faults_of_the_program_and_of_memory_are_failures_of_one_document(engine, told):
    odd, large = item("NỔ " + report_text(1)), item("HẾT BỘ NHỚ " + report_text(1))
    empty, cut = item(" \n"), item("%PDF-1.4 cut")
    made = outcomes(engine(workers=1), [odd, large, empty, cut, item(report_text(1))])
    assert made[odd.sha256].code == "internal" and "RuntimeError: nổ" in made[odd.sha256].message
    assert made[large.sha256].code == "file_too_costly"
    assert made[empty.sha256] == Failure("text_empty", "không có văn bản. / there is no text in it.")
    assert made[cut.sha256].code == "file_damaged" and "tệp" not in made[cut.sha256].message.partition(" / ")[2]


def test_a_name_tells_csv_from_text(engine, told):
    table = "Chỉ tiêu;Đơn vị;Thực hiện\nThu ngân sách;tỷ đồng;1.215\n" * 3
    plain, named = item(table), item(table, "csv")
    made = engine("pipeline", workers=1)
    first, second = (outcomes(made, [one])[one.sha256] for one in (plain, named))
    assert isinstance(first, Reading) and isinstance(second, Reading)
    assert first.parts["documents"].data != second.parts["documents"].data


def test_workers_that_do_not_start_end_the_run(engine, told, monkeypatch):
    monkeypatch.setenv("BATCH_TEST_DEAD", str(os.getpid()))
    with pytest.raises(WorkersLost) as caught:
        outcomes(engine("dead"), [item(report_text(1))])
    assert caught.value.detail["cause"] == "7"


def test_a_model_that_does_not_load_ends_the_run(engine, told):
    with pytest.raises(ModelInvalid):
        outcomes(engine("unfit"), [item(report_text(1))])


def test_what_waits_is_bounded(engine, told):
    made = engine(workers=2)
    taken = 0
    while made.has_room():
        made.submit(item(f"TREO {taken}"))
        taken += 1
    assert taken == 3


def test_closing_leaves_no_process(engine, told):
    made = engine()
    for number in range(3):
        made.submit(item(f"TREO {number}"))
    end = time.monotonic() + 60
    while len(read_texts(told)) < 2 and time.monotonic() < end:
        made.results(0.2)
    children = [p for p in psutil.Process().children(recursive=True) if _is_worker(p)]
    assert len(children) == 2
    made.close()
    psutil.wait_procs(children, timeout=10)
    assert not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in children)


def _is_worker(process: psutil.Process) -> bool:
    return any("spawn_main" in part for part in process.cmdline())


def test_workers_end_with_a_parent_that_is_killed(told, tmp_path):
    """Nobody else would."""
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent(
            """
            import sys
            from chitieu.batch.engine import Item
            from chitieu.batch.local import LocalEngine
            from chitieu.batch.worker import Plan

            if __name__ == "__main__":
                engine = LocalEngine(Plan("batch_fakes:touchy", None, {}, "tables", 1), workers=2, seconds=60, attempts=3)
                for n in range(2):
                    engine.submit(Item(str(n), "", f"TREO {n}".encode()))
                while True:
                    engine.results(1)
            """
        )
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    with subprocess.Popen([sys.executable, str(script)], env=env) as parent:
        try:
            end = time.monotonic() + 90
            while len(read_texts(told)) < 2:
                assert time.monotonic() < end
                time.sleep(0.1)
            workers = [p for p in psutil.Process(parent.pid).children(recursive=True) if _is_worker(p)]
            assert len(workers) == 2
        finally:
            parent.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(workers, timeout=15)
    assert not alive
