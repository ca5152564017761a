"""The engine on a Ray cluster of real nodes, some of which die."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import psutil
import pyarrow.parquet
import pytest

pytest.importorskip("ray", reason="needs the extra `ray`")

from batch_fakes import read_texts
from batch_runs import Commands, batch, contents, fill, report_text
from chitieu.batch.cluster import ClusterEngine
from chitieu.batch.cluster_driver import likeness
from chitieu.batch.engine import Item
from chitieu.batch.worker import Plan
from chitieu.cli import main
from chitieu.errors import ClusterLost, ClusterUnreachable, ProgramMissing
from chitieu.settings import Settings
from ray_nodes import ENVIRONMENT, Nodes

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("told")


@pytest.fixture(autouse=True)
def fresh(told, monkeypatch):
    monkeypatch.setenv("BATCH_TEST", str(told))
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for word in told.iterdir():
        word.unlink()


@pytest.fixture(scope="module")
def nodes(told) -> Iterator[Nodes]:
    """A head and one more node."""
    made = Nodes(told)
    try:
        made.start()
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def child(nodes, tmp_path, told):
    """Starts the command over so many reports in a process of its own, and waits until ten are read."""
    commands = Commands(tmp_path, told, "--engine", "ray")

    def start(address: str = nodes.address, *, documents: int = 40) -> subprocess.Popen[str]:
        return commands.start("--ray-address", address, documents=documents, seconds=60)

    yield start
    commands.end()


def same_as_local(tmp_path: Path) -> None:
    batch(tmp_path / "kho", out=tmp_path / "inline")
    expected, found = contents(tmp_path / "inline"), contents(tmp_path / "out")
    assert found.keys() == expected.keys()
    assert [name for name in found if found[name] != expected[name]] == []


def test_the_same_bytes_as_on_one_machine(nodes, archive, tmp_path, capsys):
    before = signal.getsignal(signal.SIGTERM)
    report = batch(archive, out=tmp_path / "out", engine="ray", workers=2, ray_address=nodes.address)
    assert report.read == 14 and report.failed == 2
    assert signal.getsignal(signal.SIGTERM) is before
    assert capsys.readouterr().out == "", "Ray says nothing of its own"
    same_as_local(tmp_path)


def test_a_reader_that_dies_is_the_documented_failure(nodes, tmp_path, told):
    bad = "CHẾT " + report_text(1)
    kho = fill(tmp_path / "kho", {"chết.txt": bad} | {f"{n}.txt": report_text(n) for n in range(4)})
    few = Settings(job_attempts=2)
    for engine in ("ray", "local"):
        report = batch(
            kho,
            out=tmp_path / engine,
            engine=engine,
            pipeline="batch_fakes:touchy",
            settings=few,
            ray_address=nodes.address,
        )
        (failed,) = report.failures
        assert (failed.name, failed.code) == ("chết.txt", "file_too_costly") and "2 lần" in failed.message
        assert report.read == 5
    assert read_texts(told).count(sha256(bad.encode()).hexdigest()) == 4
    assert contents(tmp_path / "ray") == contents(tmp_path / "local")


def test_a_node_that_dies_costs_nothing_and_one_that_joins_is_used(child, nodes, tmp_path, told):
    process = child(documents=40)
    (told / "hold").touch()
    nodes.kill(nodes.running[1])
    joined = nodes.start()
    end = time.monotonic() + 60
    seen = False
    while not seen and process.poll() is None and time.monotonic() < end:
        family = {p.pid for p in psutil.Process(joined.pid).children(recursive=True)}
        seen = any(worker.pid in family for worker in nodes.workers())
        time.sleep(0.1)
    (told / "hold").unlink()
    out, err = process.communicate(timeout=90)
    assert process.returncode == 0, err
    assert "40 documents read" in out and "raylet" not in out + err
    assert seen, "nothing ran on the new node"
    same_as_local(tmp_path)


def test_interrupted_it_ends_with_what_is_done_and_leaves_no_actor(child, nodes, tmp_path, told):
    process = child()
    (told / "hold").touch()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 143, err
    assert "Interrupted" in out and "Traceback" not in err
    assert 0 < len(pyarrow.parquet.read_table(tmp_path / "out" / "documents")) < 40
    end = time.monotonic() + 20
    while nodes.workers() and time.monotonic() < end:
        time.sleep(0.2)
    assert nodes.workers() == []


def test_a_machine_with_another_model_is_refused(nodes, tmp_path, archive, monkeypatch, capsys):
    monkeypatch.setattr("chitieu.cli.batch.PIPELINE", "batch_fakes:of_this_machine")
    monkeypatch.setenv("BATCH_TEST_VERSION", "9.9.9")  # the nodes were started without
    argv = ["batch", str(archive), "--out", str(tmp_path / "out"), "--engine", "ray", "--ray-address", nodes.address]
    assert main(argv) == 1
    said = capsys.readouterr().err
    assert "workers_differ: " in said and "9.9.9" in said and "0.0.0" in said


def test_a_machine_with_other_programs_is_refused(nodes, tmp_path, archive, monkeypatch, capsys):
    monkeypatch.setattr("chitieu.batch.cluster.likeness", lambda soffice: likeness(soffice) | {"chitieu": "9.9.9"})
    argv = ["batch", str(archive), "--out", str(tmp_path / "out"), "--engine", "ray", "--ray-address", nodes.address]
    assert main(argv) == 1
    said = capsys.readouterr().err
    assert "workers_differ: " in said and "≠ 9.9.9" in said


def test_a_machine_without_the_model_is_named(nodes, tmp_path, archive, monkeypatch, capsys):
    monkeypatch.setattr("chitieu.cli.batch.PIPELINE", "batch_fakes:of_this_machine")
    monkeypatch.setenv("BATCH_TEST_VERSION", "0.0.0")
    monkeypatch.setenv("BATCH_TEST_HOME", str(os.getpid()))  # where it is
    (tmp_path / "model").mkdir()
    argv = ["batch", str(archive), "--out", str(tmp_path / "out"), "--engine", "ray", "--ray-address", nodes.address]
    assert main([*argv, "--model", str(tmp_path / "model")]) == 1
    assert "model_missing: " in capsys.readouterr().err


def test_a_cluster_that_goes_away_is_told_and_the_run_goes_on_later(child, told, tmp_path):
    own = Nodes(told)
    try:
        head = own.start()
        process = child(own.address)
        (told / "hold").touch()
        own.kill(head)
        out, err = process.communicate(timeout=60)
    finally:
        own.stop()
    (told / "hold").unlink()
    assert process.returncode == 1, (out, err)
    assert "cluster_lost: " in err and "Traceback" not in err
    assert 0 < batch(tmp_path / "kho", out=tmp_path / "out").read < 40, "what was done is not done again"
    same_as_local(tmp_path)


def test_no_cluster_at_the_address_is_told_in_seconds():
    begun = time.monotonic()
    with pytest.raises(ClusterUnreachable) as caught:
        ClusterEngine(
            Plan("batch_fakes:pipeline", None, {}, "tables"), workers=1, seconds=9, attempts=1, address="127.0.0.1:1"
        )
    assert time.monotonic() - begun < 20
    assert caught.value.detail["address"] == "127.0.0.1:1"


def test_a_port_where_something_else_listens_is_told_in_time():
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        address = f"127.0.0.1:{mute.getsockname()[1]}"
        begun = time.monotonic()
        with pytest.raises(ClusterUnreachable) as caught:
            ClusterEngine(
                Plan("batch_fakes:pipeline", None, {}, "tables"), workers=1, seconds=9, attempts=1, address=address
            )
    assert time.monotonic() - begun < 45  # of which 18 are Ray's, the rest a busy machine's
    assert caught.value.detail["address"] == address


def test_a_driver_that_is_killed_is_a_lost_cluster(nodes, told):
    (told / "hold").touch()
    plan = Plan("batch_fakes:slow", None, {}, "tables")
    engine = ClusterEngine(plan, workers=1, seconds=60, attempts=1, address=nodes.address)
    try:
        data = report_text(1).encode()
        engine.submit(Item(sha256(data).hexdigest(), "txt", data))
        (driver,) = (p for p in psutil.Process().children() if "spawn_main" in " ".join(p.cmdline()))
        driver.kill()
        with pytest.raises(ClusterLost, match="SIGKILL"):
            for _ in range(60):
                engine.results(1)
    finally:
        engine.close()


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ProgramMissing, match=r"chitieu\[ray\]"):
        ClusterEngine(Plan("batch_fakes:pipeline", None, {}, "tables"), workers=1, seconds=9, attempts=1)


def test_an_address_without_the_engine_is_wrong_usage(archive, tmp_path):
    with pytest.raises(SystemExit) as caught:
        main(["batch", str(archive), "--out", str(tmp_path / "out"), "--ray-address", "127.0.0.1:1"])
    assert caught.value.code == 2
