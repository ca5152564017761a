"""Run the parser of one format in a process of its own: a hang, a crash or a bomb in it is an error here, nothing more."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chitieu.settings import Settings
from chitieu.text.files.raw import Options, Raw, ReadFailure

_ROOT = Path(__file__).resolve().parents[3]
_MODULE = ["-m", "chitieu.text.files.child"]
_MIB = 1024 * 1024


def read_apart(kind: str, data: bytes, settings: Settings) -> Raw:
    """What `child.parse` gives, read in a process with limits of time (wall clock and processor) and memory.

    Raises:
        ReadFailure: the file cannot be read, took more than the limits, or crashed its parser (``too_costly``).
    """
    options = Options(settings.max_characters, settings.max_pages, settings.max_unpacked_bytes)
    seconds, memory_mb = settings.read_seconds, settings.read_memory_mb
    order = {"kind": kind, "options": asdict(options), "seconds": seconds, "memory_bytes": memory_mb * _MIB}
    command = [sys.executable, "-P", *_MODULE, json.dumps(order)]
    done = run_group(command, data, seconds=seconds, env=program_environment())
    answer = _answer(done.stdout) if done.returncode == 0 else {}
    if "failure" in answer:
        raise ReadFailure.from_json(answer["failure"])
    if "raw" in answer:
        return Raw.from_json(answer["raw"])
    if done.returncode == -signal.SIGXCPU:
        raise took_too_long(seconds)
    tail = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:200]
    if "MemoryError" in tail:
        raise ReadFailure(
            "too_costly", f"cần hơn {memory_mb} MiB bộ nhớ", f"reading it takes more than {memory_mb} MiB of memory"
        )
    what = f"{signal.Signals(-done.returncode).name}" if done.returncode < 0 else f"{done.returncode} {tail}".strip()
    raise ReadFailure("too_costly", f"trình đọc dừng đột ngột ({what})", f"its reader stopped suddenly ({what})")


def _answer(data: bytes) -> dict[str, Any]:
    """What the process said; nothing where it was cut short."""
    try:
        answer = json.loads(data)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def program_environment() -> dict[str, str]:
    """This process's environment, in which a Python started elsewhere finds this package."""
    path = os.pathsep.join(part for part in (str(_ROOT), os.environ.get("PYTHONPATH", "")) if part)
    return {**os.environ, "PYTHONPATH": path}


def took_too_long(seconds: int) -> ReadFailure:
    """The failure of a reader that was stopped."""
    return ReadFailure("too_costly", f"đọc quá {seconds} giây", f"reading it takes more than {seconds} s")


def run_group(
    command: list[str], data: bytes, *, seconds: int, env: dict[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a command, and end it with all that it started when its time is over.

    Raises:
        ReadFailure: ``too_costly`` after ``seconds``.
        OSError: the command cannot be started.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=env,
        cwd=cwd,
        start_new_session=True,
    ) as process:
        try:
            out, err = process.communicate(data, timeout=seconds)
        except subprocess.TimeoutExpired:
            raise took_too_long(seconds) from None
        finally:
            _end(process)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children, unless it is over and left none."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
