"""`chitieu serve` as a process of its own, with the real model."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from chitieu.cli import main
from chitieu.cli.serve import _bind, _Ready, _tell, allow_open_files, login_mode
from chitieu.errors import AddressTaken, ConfigInvalid
from chitieu.store.addresses import is_loopback

START = 90.0  # seconds that a service may need to load, on a busy machine
TEXT = "\n".join(f"Xã thứ {n}: thu ngân sách đạt {n},5 tỷ đồng, bằng 81,4% dự toán, tăng 3,2%." for n in range(1, 25))


@contextmanager
def service(tmp_path, *arguments, **environment):
    """A started service: the process, and the lines that it has printed."""
    with (tmp_path / "stderr").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "chitieu", "serve", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ | {"CHITIEU_DATA": str(tmp_path / "data")} | environment,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def address(process) -> str:
    """Where it says that it listens, once it answers there."""
    line = process.stdout.readline()
    found = re.search(r"http://\S+", line)
    assert found, line
    ready(process, httpx.HTTPTransport(), found[0])
    return found[0]


def ready(process, transport, base) -> None:
    end = time.monotonic() + START
    with httpx.Client(transport=transport, base_url=base, timeout=START) as client:
        while process.poll() is None and time.monotonic() < end:
            try:
                assert client.get("/healthz").status_code == 200
                return
            except httpx.TransportError:
                time.sleep(0.1)
    raise AssertionError("it did not start")


def extract(base, text=TEXT):
    return httpx.post(f"{base}/v1/extract", json={"text": text}, timeout=START)


def left_of(process) -> str:
    return process.stdout.read()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_finishes_what_it_took(tmp_path, number):
    with service(tmp_path, "--port", "0") as process:
        base = address(process)
        with ThreadPoolExecutor(6) as clients:
            answers = [clients.submit(extract, base) for _ in range(6)]
            end = time.monotonic() + START
            while "answered" not in (tmp_path / "stderr").read_text() and not any(a.done() for a in answers):
                assert time.monotonic() < end
                time.sleep(0.01)
            process.send_signal(number)
            taken = [answer.result(START) for answer in answers]
        assert [answer.status_code for answer in taken] == [200] * 6
        assert {len(answer.json()["figures"]) for answer in taken} == {len(taken[0].json()["figures"])}
        assert len(taken[0].json()["figures"]) >= 48
        assert process.wait(START) == 0
        assert "Traceback" not in (tmp_path / "stderr").read_text()
        with pytest.raises(httpx.ConnectError):
            extract(base)


def test_what_is_not_finished_in_time_does_not_keep_it(tmp_path):
    with service(tmp_path, "--port", "0", CHITIEU_SHUTDOWN_SECONDS="1", CHITIEU_MAX_CHARACTERS="900000") as process:
        base = address(process)
        long = threading.Thread(target=lambda: _quietly(extract, base, TEXT * 400), daemon=True)
        long.start()
        time.sleep(1.5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def _quietly(call, *arguments):
    with suppress(httpx.TransportError):
        call(*arguments)


def test_several_processes_share_the_port_and_end_together(tmp_path):
    with service(tmp_path, "--port", "0", "--workers", "2") as process:
        base = address(process)
        with ThreadPoolExecutor(4) as clients:
            answers = list(clients.map(lambda _: extract(base), range(4)))
        assert [answer.status_code for answer in answers] == [200] * 4
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        names = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children]
        workers = [int(pid) for pid, name in zip(children, names, strict=True) if b"spawn_main" in name]
        assert len(workers) == 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(START) == 0
        assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_a_worker_that_dies_is_replaced(tmp_path):
    with service(tmp_path, "--port", "0", "--workers", "2") as process:
        base = address(process)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        workers = {pid for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()}
        os.kill(int(min(workers)), signal.SIGKILL)
        end = time.monotonic() + START
        while time.monotonic() < end:
            now = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            if len({pid for pid in now if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()} - workers) == 1:
                break
            time.sleep(0.1)
        else:
            raise AssertionError("no new worker")
        assert extract(base).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(START) == 0


def test_a_unix_socket(tmp_path):
    path = tmp_path / "chitieu.sock"
    with service(tmp_path, "--socket", str(path), CHITIEU_LOGIN="auto") as process:
        assert str(path) in process.stdout.readline()
        transport = httpx.HTTPTransport(uds=str(path))
        ready(process, transport, "http://localhost")
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), timeout=START) as client:
            assert client.post("http://localhost/v1/extract", json={"text": TEXT}).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(START) == 0
        assert not path.exists()


def test_a_socket_that_is_in_use_is_left_alone(tmp_path, capsys):
    path = tmp_path / "chitieu.sock"
    with closing(socket.socket(socket.AF_UNIX)) as other:
        other.bind(str(path))
        other.listen()
        assert main(["serve", "--socket", str(path)]) == 1
    assert "address_taken" in capsys.readouterr().err
    assert path.exists()


def test_open_to_others_without_a_login_is_refused(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("CHITIEU_LOGIN", "open")
    monkeypatch.setenv("CHITIEU_DATA", str(tmp_path))
    assert main(["serve", "--host", "0.0.0.0", "--port", "0"]) == 1
    told = capsys.readouterr()
    assert "config_invalid" in told.err and "CHITIEU_LOGIN" in told.err and told.out == ""


def test_a_database_that_cannot_be_used_is_told_before_it_listens(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "chitieu.db").write_bytes(b"no database at all" * 100)
    with service(tmp_path, "--port", "0") as process:
        assert process.wait(START) == 1
        assert left_of(process) == ""
    told = (tmp_path / "stderr").read_text()
    assert "database_invalid" in told and "Traceback" not in told


def test_a_faulty_url_of_the_database_is_told_before_anything_else_and_alone(tmp_path):
    with service(tmp_path, "--port", "0", CHITIEU_DATABASE_URL="nonsense") as process:
        assert process.wait(START) == 1
        assert left_of(process) == ""
    (line,) = (tmp_path / "stderr").read_text().splitlines()
    assert "config_invalid" in line and "CHITIEU_DATABASE_URL" in line


@pytest.mark.parametrize("port", ["99999", "-1", "x", "9" * 5000])
def test_a_port_that_is_none_is_wrong_usage(port, capsys):
    with pytest.raises(SystemExit) as wrong:
        main(["serve", "--port", port])
    assert wrong.value.code == 2 and "argument --port: 0…65535" in capsys.readouterr().err


@pytest.mark.parametrize("needs_login", [True, False])
def test_the_example_at_the_start_has_a_token_where_one_is_needed_and_the_database_is_named(needs_login, capsys):
    args = argparse.Namespace(host="127.0.0.1", socket=None)
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        _tell(args, taken, _Ready("/srv/chitieu.db", needs_login))
    told = capsys.readouterr().out
    assert ('-H "Authorization: Bearer $CHITIEU_TOKEN"' in told) is needs_login
    assert "database: /srv/chitieu.db\n" in told


@pytest.mark.parametrize("workers", ["0", "-1", "x"])
def test_workers_are_a_number_from_one_on(workers, capsys):
    with pytest.raises(SystemExit) as wrong:
        main(["serve", "--workers", workers])
    assert wrong.value.code == 2


@pytest.mark.parametrize(
    ("login", "host", "want"),
    [
        ("auto", "127.0.0.1", "open"),
        ("auto", "127.8.9.10", "open"),
        ("auto", "::1", "open"),
        ("auto", "localhost", "open"),
        ("auto", None, "open"),
        ("auto", "0.0.0.0", "required"),
        ("auto", "::", "required"),
        ("auto", "10.0.0.7", "required"),
        ("auto", "office.example", "required"),
        ("required", "127.0.0.1", "required"),
        ("required", None, "required"),
        ("open", "127.0.0.1", "open"),
        ("open", None, "open"),
    ],
)
def test_login_mode(login, host, want):
    assert login_mode(login, host) == want


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "localhost.example", "127.example"])
def test_open_is_for_loopback_alone(host):
    assert not is_loopback(host)
    with pytest.raises(ConfigInvalid) as wrong:
        login_mode("open", host)
    assert wrong.value.detail["variable"] == "CHITIEU_LOGIN"


def test_all_addresses_of_a_host_have_one_port():
    sockets = _bind("localhost", 0)
    try:
        assert len({taken.getsockname()[1] for taken in sockets}) == 1
        sockets[0].listen()
        with pytest.raises(AddressTaken):
            _bind(sockets[0].getsockname()[0], sockets[0].getsockname()[1])
    finally:
        for taken in sockets:
            taken.close()


def test_a_host_that_is_not_ours_is_told():
    with pytest.raises(AddressTaken) as wrong:
        _bind("192.0.2.1", 8000)
    assert json.loads(json.dumps(wrong.value.body()))["error"]["detail"] == {"host": "192.0.2.1", "port": 8000}


def test_as_many_files_may_be_open_as_the_system_allows():
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, before[1]), before[1]))
        assert allow_open_files() == before[1]
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == before[1]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
