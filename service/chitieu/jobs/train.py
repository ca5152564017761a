"""The job `train`: the next model made from corrections, in a process of its own.

The worker imports no torch, and a training that crashes or takes too much memory ends its process, not the worker.
"""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import sys
import threading
import time
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from chitieu.errors import ChitieuError, JobUnknown, TrainingFailed
from chitieu.jobs.hold import FAULTS, Hold, JobLost
from chitieu.jobs.run import Outcome, Tools
from chitieu.settings import Settings
from chitieu.store import jobs
from chitieu.store.database import Database
from chitieu.store.jobs import JobError, Work
from chitieu.text.files.sandbox import program_environment

KIND = "train"
KEY = "train"  # so that one at a time waits or runs
COMMAND = (sys.executable, "-P", "-m", "chitieu", "train", "--from-corrections", "--events")
_LOG_CHARACTERS = 64 * 1024
_NOTE_SECONDS = 2.0
_TICK_SECONDS = 0.25
_TOLD_LINES = 20  # of the log, in an error
_MEMORY = ("MemoryError", "can't allocate memory", "std::bad_alloc")


class TrainedModel(BaseModel):
    """A model's name and version."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(description="Tên mô hình / name of the model")
    version: str = Field(description="Phiên bản / its version")


class TrainedOn(BaseModel):
    """How many documents took part."""

    model_config = ConfigDict(frozen=True)

    corrected: int = Field(description="Tài liệu đã sửa được học / corrected documents that were learned from")
    rehearsed: int = Field(description="Tài liệu gốc được học lại / base documents that were learned from again")
    watched: int = Field(
        description="Tài liệu theo dõi giữa các vòng / documents watched between epochs, not learned from"
    )
    test: int = Field(description="Tài liệu của bộ kiểm tra / documents of the frozen test set")


class Training(BaseModel):
    """What came of a training."""

    model_config = ConfigDict(frozen=True)

    decision: Literal["pass", "refuse"] = Field(description="Cổng kiểm định cho qua hay không / what the gate decided")
    model: TrainedModel | None = Field(
        description="Mô hình mới; null: bị từ chối / the new model; null: it was refused"
    )
    promoted: bool = Field(description="Đã đưa vào dùng chưa / whether it is served now")
    parent: TrainedModel = Field(description="Mô hình được huấn luyện tiếp / the model that it went on from")
    data: str = Field(description="SHA-256 của phiên bản dữ liệu / of the data set version")
    recipe: str = Field(description="SHA-256 của công thức / of the recipe")
    documents: TrainedOn = Field(description="Số tài liệu / how many documents took part")
    development: dict[str, float] = Field(
        description="Điểm trên tài liệu theo dõi / scores on the documents that were watched"
    )
    gate: dict[str, Any] = Field(description="Cổng kiểm định nói gì / what the gate says")
    page: str | None = Field(None, exclude=True)

    def pack(self) -> bytes:
        """As few bytes, with the gate's page, for `unpack`."""
        return zlib.compress(json.dumps(self.model_dump(mode="json") | {"page": self.page}).encode())

    @classmethod
    def unpack(cls, data: bytes) -> Training:
        return cls.model_validate_json(zlib.decompress(data))


def train(work: Work, tools: Tools, hold: Hold, *, command: Sequence[str] = COMMAND) -> Outcome:
    """Have a process train, and hear what it says; the answer is `Training`.

    Its work folder is kept where another worker is to go on from it, and removed where nobody will.

    Raises:
        ChitieuError: what the process says went wrong. TrainingFailed: it ended without a word.
        JobLost, Interrupted: see `Hold`.
    """
    folder = tools.settings.data_folder / "training" / "runs"
    _tidy(folder, tools.database, besides=work.id)
    own = folder / work.id
    log = _Log()
    try:
        told = _followed([*command, "--run", work.id, "--out", str(own)], tools, hold, log)
    except JobLost:
        if _nobody_goes_on(tools.database, work.id):
            shutil.rmtree(own, ignore_errors=True)
        raise
    except ChitieuError:
        shutil.rmtree(own, ignore_errors=True)
        raise
    finally:
        log.write(hold)
    # Not before: a worker that dies until then leaves the result for the next to find.
    return Outcome(told.pack(), afterwards=partial(shutil.rmtree, own, ignore_errors=True))


@dataclass
class _Log:
    """The last lines of a training, each with its time."""

    lines: deque[str] = field(default_factory=deque)
    size: int = 0
    due: float = 0.0
    written: bool = True

    def add(self, line: str) -> None:
        told = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {_plain(line)}\n"
        self.lines.append(told)
        self.size += len(told)
        self.written = False
        while self.size > _LOG_CHARACTERS and len(self.lines) > 1:
            self.size -= len(self.lines.popleft())

    def write(self, hold: Hold, *, at_once: bool = True) -> None:
        """Keep it, if there is anything new and it is time."""
        if self.written or (not at_once and time.monotonic() < self.due):
            return
        self.due, self.written = time.monotonic() + _NOTE_SECONDS, True
        hold.note("".join(self.lines))


def _plain(line: str) -> str:
    return line.encode("utf-8", "replace").decode().replace("\0", "")


_Event = tuple[Literal["event", "log", "end"], str]


def _followed(command: Sequence[str], tools: Tools, hold: Hold, log: _Log) -> Training:
    """What the process says in the end; its progress and its words go to the job as they come."""
    step, done, total = "starting", 0, None
    error: JobError | None = None
    result: Training | None = None
    with _started(command, tools.settings) as (process, events):
        open_streams = 2
        while open_streams:
            hold.report(step, done, total)
            log.write(hold, at_once=False)
            try:
                kind, line = events.get(timeout=_TICK_SECONDS)
            except queue.Empty:
                continue
            told = _as_event(line) if kind == "event" else None
            if kind == "end":
                open_streams -= 1
            elif told is None:
                log.add(line)
            elif "step" in told:
                step, done, total = str(told["step"])[:20], int(told["done"]), told["total"]
            elif "result" in told:
                result = Training.model_validate(told["result"])
            elif "error" in told:
                error = JobError.model_validate(told["error"])
        status = process.wait()
    if error is not None:
        raise error.as_raised()
    if status != 0 or result is None:
        raise _failed(status, log)
    return result


def _as_event(line: str) -> dict[str, Any] | None:
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


@contextmanager
def _started(command: Sequence[str], settings: Settings) -> Iterator[tuple[subprocess.Popen[str], queue.Queue[_Event]]]:
    """The process and what it says; it is ended when the block is left, however that is.

    Its standard input stays open: when this process dies, it ends, and the process that reads it knows.
    """
    events: queue.Queue[_Event] = queue.Queue()
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=program_environment() | _environment(settings),
        start_new_session=True,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        readers = [
            threading.Thread(target=_read, args=(process.stdout, "event", events), daemon=True),
            threading.Thread(target=_read, args=(process.stderr, "log", events), daemon=True),
        ]
        for reader in readers:
            reader.start()
        try:
            yield process, events
        finally:
            process.kill()
            process.wait()
            for reader in readers:
                reader.join()


def _environment(settings: Settings) -> dict[str, str]:
    """Where the database and the data are; the rest is in the environment that the process inherits."""
    told = {"CHITIEU_DATA": str(settings.data_folder)}
    if settings.database_url is not None:
        told["CHITIEU_DATABASE_URL"] = settings.database_url.get_secret_value()
    if settings.database_password_file is not None:
        told["CHITIEU_DATABASE_PASSWORD_FILE"] = str(settings.database_password_file)
    return told


def _read(stream: IO[str], kind: Literal["event", "log"], events: queue.Queue[_Event]) -> None:
    for line in stream:
        if line.strip():
            events.put((kind, line.rstrip("\n")))
    events.put(("end", ""))


def _failed(status: int, log: _Log) -> TrainingFailed:
    last = [line.rstrip("\n") for line in log.lines][-_TOLD_LINES:]
    # The system ends a process that takes too much memory by SIGKILL.
    out_of_memory = status == -9 or any(word in line for line in last for word in _MEMORY)
    if out_of_memory:
        vi, en, cause = "hết bộ nhớ, hoặc bị hệ thống dừng", "out of memory, or ended by the system", "memory"
    else:
        vi, en, cause = f"tiến trình dừng đột ngột ({status})", f"its process ended suddenly ({status})", "crash"
    return TrainingFailed(
        f"Huấn luyện thất bại: {vi}. / The training failed: {en}.", cause=cause, status=status, log=last
    )


def _nobody_goes_on(database: Database, id: str) -> bool:
    """Whether a job is over, or gone, so that no worker will begin it again; not where that is not known."""
    try:
        return jobs.get(database, id).ended
    except JobUnknown:
        return True
    except FAULTS:
        return False


def _tidy(folder: Path, database: Database, *, besides: str) -> None:
    """Remove the work folders of jobs that are over: one that was cancelled while no worker had it left its own."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name != besides and _nobody_goes_on(database, path.name):
            shutil.rmtree(path, ignore_errors=True)
