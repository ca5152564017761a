"""Small archives, and runs over them with a fake tagger in real processes."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import textwrap
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from batch_fakes import read_texts
from chitieu.batch.engine import Item, Result
from chitieu.batch.progress import Progress
from chitieu.batch.reading import call, packer, read_item
from chitieu.batch.run import ENGINES, Options, Report, run
from chitieu.batch.worker import Plan
from chitieu.settings import Settings, load_settings


def report_text(number: int, *, place: str = "TRÀ VINH", year: int = 2021) -> str:
    """A report that says something of its own."""
    return (
        f"UBND TỈNH {place}\nBÁO CÁO NĂM {year}\n\n"
        f"- Thu ngân sách đạt {number + 1}.215 tỷ đồng, đạt 81,4% dự toán, tăng 6,2% so với cùng kỳ.\n"
        f"- Đàn bò có {number + 8}.320 con, giảm 3,1%.\n"
    )


def fill(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Write files by their names."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def zipped(files: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of an output but the work file, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "_chitieu" not in path.parts
    }


class InlineEngine:
    """Reads what it is given at once, in this process: for tests of everything around the processes."""

    def __init__(self, plan: Plan, _options: Options, _settings: Settings, _say: Callable[[str], None]) -> None:
        self._settings = Settings(**plan.settings)
        self._pipeline = call(plan.pipeline, plan.model, threads=plan.threads)
        self._pack = packer(plan.pack)
        self._done: list[Result] = []

    def has_room(self) -> bool:
        return not self._done

    def is_idle(self) -> bool:
        return not self._done

    def submit(self, item: Item) -> None:
        self._done.append(read_item(item, self._pipeline, self._settings, self._pack))

    def results(self, timeout: float) -> list[Result]:
        done, self._done = self._done, []
        return done

    def close(self) -> None:
        """Nothing runs."""


ENGINES["inline"] = InlineEngine


def batch(
    *archives: Path | str,
    out: Path | str,
    pipeline: str = "batch_fakes:pipeline",
    settings: Settings | None = None,
    stop: threading.Event | None = None,
    engine: str = "inline",
    workers: int = 2,
    **options,
) -> Report:
    """A run as the command makes it, in this process where the engine is not ``local``."""
    asked = Options(
        archives=tuple(map(str, archives)), out=str(out), workers=workers, pipeline=pipeline, engine=engine, **options
    )
    return run(asked, settings or load_settings(), progress=Progress(io.StringIO()), stop=stop or threading.Event())


class Commands:
    """`chitieu batch` over the folder `kho` into `out`, each in a process of its own that takes its time over every report."""

    def __init__(self, folder: Path, told: Path, *arguments: str) -> None:
        """``told`` is where the fake pipeline leaves word (`BATCH_TEST`); ``arguments`` are of all."""
        self._folder, self._told, self._arguments = folder, told, arguments
        self._script = folder / "child.py"
        self._script.write_text(
            textwrap.dedent(
                """
                import sys
                import chitieu.cli.batch
                from chitieu.cli import main

                if __name__ == "__main__":
                    chitieu.cli.batch.PIPELINE = "batch_fakes:slow"
                    sys.exit(main(["batch", *sys.argv[1:]]))
                """
            )
        )
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str, documents: int, seconds: float, **how) -> subprocess.Popen[str]:
        """Begin over so many reports, and wait so long at most until ten are read."""
        fill(self._folder / "kho", {f"{n:03}.txt": report_text(n) for n in range(documents)})
        told = [str(self._folder / "kho"), "--out", str(self._folder / "out"), *self._arguments, *arguments]
        process = subprocess.Popen(
            [sys.executable, str(self._script), *told],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how},
        )
        self._started.append(process)
        end = time.monotonic() + seconds
        while len(read_texts(self._told)) < 10:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end
            time.sleep(0.05)
        return process

    def end(self) -> None:
        """Kill those that are left."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
                process.communicate()
