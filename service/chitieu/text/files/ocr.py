"""Pages that are pictures, read by OCRmyPDF with Tesseract's Vietnamese where both are installed."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from chitieu.settings import Settings
from chitieu.text.files.raw import Raw, RawNotice, ReadFailure
from chitieu.text.files.sandbox import program_environment, read_apart, run_group, took_too_long

_LANGUAGE = "vie"
_PROGRAM = ["-m", "ocrmypdf"]
_STARTING = 30  # seconds besides those of the pages
_MOST_FILE_BYTES = 2 * 1024**3  # of a file that OCR writes: 300 pages as pictures have less
_OUT_OF_MEMORY = ("MemoryError", "Cannot allocate memory", "VMerror", "std::bad_alloc")
INSTALL = "pip install 'chitieu[ocr]'; apt-get install tesseract-ocr tesseract-ocr-vie ghostscript"


def with_ocr(data: bytes, raw: Raw, settings: Settings) -> Raw:
    """A PDF's text, its pages without text read by OCR if the settings and the machine allow it.

    Raises:
        ReadFailure: ``without_text`` where no page has any and none can be read, ``too_large`` where too many pages need
            it, ``too_costly`` where it takes too long or too much memory, ``damaged`` where it fails.
    """
    wanted = tuple(range(1, len(raw.texts) + 1)) if settings.ocr == "always" else raw.bare
    if not wanted:
        return raw
    lacking = "" if settings.ocr == "never" else _lacking()
    if settings.ocr == "never" or lacking:
        return _unread(raw, lacking)
    if len(wanted) > settings.max_ocr_pages:
        raise ReadFailure(
            "too_large",
            f"{len(wanted)} trang cần nhận dạng (OCR), tối đa {settings.max_ocr_pages}",
            f"{len(wanted)} pages need OCR, the limit is {settings.max_ocr_pages}",
            page=wanted[0],
            pages=len(wanted),
            limit=settings.max_ocr_pages,
        )
    read = read_apart("pdf", _recognise(data, wanted, settings), settings)
    if len(read.texts) != len(raw.texts):
        raise _failed("the number of pages changed", wanted[0])
    texts = tuple(read.texts[n - 1] if n in set(wanted) else text for n, text in enumerate(raw.texts, 1))
    listed = _listed(wanted)
    notice = RawNotice("pages_by_ocr", f"Trang {listed} được nhận dạng (OCR). / Page {listed} was read by OCR.")
    return Raw(raw.kind, texts, (*raw.notices, notice))


def _unread(raw: Raw, lacking: str) -> Raw:
    """The text without the pages that are pictures, and word of that; an error where nothing is left."""
    if raw.bare and not any(text.strip() for n, text in enumerate(raw.texts, 1) if n not in raw.bare):
        vi = f"các trang là ảnh, cần {lacking}: {INSTALL}" if lacking else "các trang là ảnh, và CHITIEU_OCR=never"
        en = (
            f"its pages are pictures; OCR needs {lacking}: {INSTALL}"
            if lacking
            else "its pages are pictures, and CHITIEU_OCR=never"
        )
        raise ReadFailure("without_text", vi, en, page=raw.bare[0], pages=list(raw.bare))
    if not raw.bare:
        if lacking:
            note = RawNotice(
                "ocr_missing",
                f"Không nhận dạng (OCR) được, cần {lacking}: {INSTALL}. / No OCR, it needs {lacking}: {INSTALL}.",
            )
            return Raw(raw.kind, raw.texts, (*raw.notices, note))
        return raw
    listed = _listed(raw.bare)
    how = (f"cần {lacking}: {INSTALL}", f"OCR needs {lacking}: {INSTALL}") if lacking else ("CHITIEU_OCR=never",) * 2
    notice = RawNotice(
        "pages_without_text",
        f"Trang {listed} là ảnh, không đọc được ({how[0]}). / Page {listed} is a picture and was not read ({how[1]}).",
    )
    return Raw(raw.kind, raw.texts, (*raw.notices, notice), raw.bare)


def _listed(pages: tuple[int, ...]) -> str:
    """`3, 5-9, 12`."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][-1] + 1:
            runs[-1][1:] = [page]
        else:
            runs.append([page])
    return ", ".join("-".join(map(str, run)) for run in runs)


def _lacking() -> str:
    """What OCR needs and is not installed; empty where all is there."""
    lacking: list[str] = []
    if importlib.util.find_spec("ocrmypdf") is None:
        lacking.append("ocrmypdf")
    program = shutil.which("tesseract")
    if program is None:
        lacking.append("tesseract-ocr")
    else:
        try:
            listed = subprocess.run([program, "--list-langs"], capture_output=True, timeout=20, check=False).stdout
        except (OSError, subprocess.TimeoutExpired):
            listed = b""
        if _LANGUAGE not in listed.decode("utf-8", "replace").split():
            lacking.append("tesseract-ocr-vie")
    if shutil.which("gs") is None:
        lacking.append("ghostscript")
    return ", ".join(lacking)


def _failed(what: str, page: int) -> ReadFailure:
    return ReadFailure("damaged", f"nhận dạng (OCR) không được ({what})", f"OCR failed ({what})", page=page)


def _recognise(data: bytes, pages: tuple[int, ...], settings: Settings) -> bytes:
    """The PDF with a layer of text under these pages."""
    failed = partial(_failed, page=pages[0])
    with tempfile.TemporaryDirectory(prefix="chitieu-") as folder:
        source, made = Path(folder, "in.pdf"), Path(folder, "out.pdf")
        source.write_bytes(data)
        seconds = min(settings.ocr_seconds_per_page * len(pages) + _STARTING, settings.ocr_seconds)
        limits = (str(settings.ocr_memory_mb), str(seconds), str(_MOST_FILE_BYTES))
        command = [
            *(sys.executable, "-P", "-m", "chitieu.text.files.limited", *limits),
            *(sys.executable, "-P", *_PROGRAM, "--quiet", "--language", _LANGUAGE),
            *("--pages", _listed(pages).replace(" ", "")),
            # These pages are made pictures and read anew: what little text they carry is a stamp or of no use.
            *("--force-ocr", "--output-type", "pdf", "--optimize", "0", "--jobs", "2", "--rotate-pages"),
            *("--tesseract-timeout", str(settings.ocr_seconds_per_page), str(source), str(made)),
        ]
        environment = {**program_environment(), "TMPDIR": folder, "OMP_THREAD_LIMIT": "1"}
        done = run_group(command, b"", seconds=seconds, env=environment, cwd=Path(folder))
        if done.returncode != 0 or not made.is_file():
            said = done.stderr.decode("utf-8", "replace").strip()
            if done.returncode == -signal.SIGXCPU:
                raise took_too_long(seconds)
            if any(words in said for words in _OUT_OF_MEMORY):
                mib = settings.ocr_memory_mb
                raise ReadFailure(
                    "too_costly",
                    f"nhận dạng (OCR) cần hơn {mib} MiB bộ nhớ",
                    f"OCR takes more than {mib} MiB of memory",
                    page=pages[0],
                )
            raise failed(said.rpartition("\n")[2][:200] or f"status {done.returncode}")
        return made.read_bytes()
