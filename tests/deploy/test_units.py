"""The units of systemd: what they start, and how they hold it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import time
from collections import defaultdict

import pytest

from chitieu.cli import parser
from chitieu.settings import Settings

UNITS = ("chitieu", "chitieu-worker", "chitieu-backup")
LASTING = ("chitieu", "chitieu-worker")


@pytest.fixture(params=UNITS)
def name(request):
    return request.param


@pytest.fixture
def unit(root, name):
    return read(root, name)


def read(root, name):
    """Keys of all sections with their values, in order."""
    values = defaultdict(list)
    for line in (root / f"scripts/deploy/{name}.service").read_text("utf-8").splitlines():
        if re.match(r"\w+=", line):
            key, value = line.split("=", 1)
            values[key].append(value)
    return values


def environment(unit):
    return dict(value.split("=", 1) for value in unit["Environment"])


def test_it_starts_a_command_of_ours(unit):
    (start,) = unit["ExecStart"]
    words = shlex.split(start)
    if words[0] == "/bin/sh":
        words = shlex.split(words[2].removeprefix("exec "))
    assert words[0] == "/opt/chitieu/venv/bin/chitieu"
    parser().parse_args(words[1:])


def test_a_backup_is_written_and_old_ones_go(root, tmp_path):
    """The unit's own lines, with a program that stands in for ours."""
    unit = read(root, "chitieu-backup")
    stand_in = tmp_path / "chitieu"
    stand_in.write_text('#!/bin/sh\n[ "$1" = backup ] && echo whole > "$2"\n')
    stand_in.chmod(0o700)
    kept, old = tmp_path / "2024-01-30T0130.backup", tmp_path / "2023-12-01T0130.backup"
    for file, days in ((kept, 29), (old, 32)):
        file.write_text("whole")
        os.utime(file, (time.time() - days * 86400,) * 2)
    for line in (*unit["ExecStart"], *unit["ExecStartPost"]):
        line = line.replace("%%", "%").replace("/opt/chitieu/venv/bin/chitieu", str(stand_in))
        words = [word.replace("${BACKUPS}", str(tmp_path)) for word in shlex.split(line)]  # as systemd does
        subprocess.run(words, env={"BACKUPS": str(tmp_path), "PATH": "/usr/bin:/bin"}, check=True, timeout=20)
    names = sorted(file.name for file in tmp_path.glob("*.backup"))
    assert len(names) == 2 and kept.name == names[0] and names[1] > "2024-01-30"


def test_its_settings_are_settings_and_fit(unit, monkeypatch):
    for variable, value in environment(unit).items():
        monkeypatch.setenv(variable, value)
    Settings()
    assert environment(unit)["CHITIEU_DATA"] == f"%S/{unit['StateDirectory'][0].split()[0]}"


@pytest.mark.parametrize("name", LASTING)
def test_it_is_started_again_and_given_time_to_end(root, name):
    unit = read(root, name)
    assert unit["Restart"] == ["on-failure"]
    seconds = int(environment(unit)["CHITIEU_SHUTDOWN_SECONDS"])
    assert int(unit["TimeoutStopSec"][0]) > seconds
    assert unit["KillSignal"] == ["SIGTERM"]


def test_the_password_is_a_credential(root):
    unit = read(root, "chitieu")
    (credential,) = unit["LoadCredential"]
    assert environment(unit)["CHITIEU_ADMIN_PASSWORD_FILE"] == f"%d/{credential.split(':')[0]}"


def test_it_is_no_root_and_held_short(unit):
    assert unit["User"] == ["chitieu"]
    for key, value in {
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "PrivateDevices": "yes",
        "CapabilityBoundingSet": "",
        "UMask": "0077",
    }.items():
        assert unit[key] == [value], key
    assert unit["MemoryMax"]


def analyze(*args):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("needs systemd-analyze")
    return subprocess.run([program, *args], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("file", [*(f"{name}.service" for name in UNITS), "chitieu-backup.timer"])
def test_systemd_understands_it(root, tmp_path, file):
    for unit in (root / "scripts/deploy").glob("chitieu*"):
        text = unit.read_text("utf-8")
        (tmp_path / unit.name).write_text(text.replace("/opt/chitieu/venv/bin/chitieu", "/bin/true"), "utf-8")
    said = analyze("verify", "--man=no", tmp_path / file)
    assert [line for line in said.stderr.splitlines() if "chitieu" in line] == []


def test_systemd_finds_little_exposed(root, name):
    said = analyze("security", "--offline=true", "--threshold=20", root / f"scripts/deploy/{name}.service")
    if "unrecognized option" in said.stderr:
        pytest.skip("an older systemd-analyze")
    assert said.returncode == 0, said.stdout[-300:]
