"""The process that parses one untrusted file: bytes on standard input, JSON on standard output, hard limits from the start.

Run by `sandbox`; imports the parser of the one format that it is asked for, and nothing that takes long to start.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import zlib
from typing import Any

from chitieu.text.files.raw import Options, Raw, ReadFailure


def _limit(memory_bytes: int, seconds: int) -> None:
    """No more memory and processor time than this, no files written, no core left behind."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def parse(kind: str, data: bytes, options: Options) -> Raw:
    """Read bytes with the reader of ``kind``: pdf, html, or zip (docx, xlsx, OpenDocument).

    Raises:
        ReadFailure: they cannot be read.
    """
    if kind == "pdf":
        from chitieu.text.files.pdf import read_pdf

        return read_pdf(data, options)
    if kind == "html":
        from chitieu.text.files.web import read_html

        return read_html(data, options)
    from chitieu.text.files.zips import Archive

    archive = Archive(data, options.max_unpacked_bytes)
    kind = archive.kind()
    if kind == "docx":
        from chitieu.text.files.word import read_docx

        return read_docx(archive, options)
    if kind == "xlsx":
        from chitieu.text.files.sheets import read_xlsx

        archive.check_parts(".xml")
        return read_xlsx(data, archive, options)
    return Raw(kind)


def _failure(error: Exception) -> ReadFailure:
    if isinstance(error, ReadFailure):
        return error
    if isinstance(error, MemoryError):
        return ReadFailure("too_costly", "cần quá nhiều bộ nhớ", "reading it takes too much memory")
    if isinstance(error, RecursionError):
        return ReadFailure("damaged", "các phần tử lồng nhau quá sâu", "its elements are nested too deeply")
    if isinstance(error, zlib.error):
        return ReadFailure("damaged", "dữ liệu nén bị hỏng", f"its compressed data are damaged ({error})")
    what = f"{type(error).__name__}: {error}"[:300]
    return ReadFailure("damaged", f"nội dung bị hỏng ({what})", f"its content is damaged ({what})")


def main() -> None:
    """Read what standard input holds, as the one argument (JSON) says, and answer on standard output."""
    order: dict[str, Any] = json.loads(sys.argv[1])
    _limit(order["memory_bytes"], order["seconds"])
    # Parsers must not print into the answer.
    answer_to = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    answer: dict[str, Any]
    try:
        answer = {"raw": parse(order["kind"], sys.stdin.buffer.read(), Options(**order["options"])).to_json()}
    except Exception as error:  # every way in which a parser gives up is an answer
        answer = {"failure": _failure(error).to_json()}
    try:
        data = json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace")
    except MemoryError:
        data = json.dumps({"failure": _failure(MemoryError()).to_json()}).encode()
    answer_to.write(data)
    answer_to.flush()
    # Interpreter shutdown would only take time, and may crash inside a C library that is half torn down.
    os._exit(0)


if __name__ == "__main__":
    main()
