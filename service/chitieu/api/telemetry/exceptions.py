"""What went wrong and where, without what was being read: an exception's message may quote the text."""

from __future__ import annotations

import errno
import sys
from traceback import extract_tb

from chitieu.errors import ChitieuError

_FRAMES = 40  # of each error: a recursion has a thousand alike


def trace(error: BaseException) -> str:
    """The error's kind, the lines of code that it passed, and the same of those that led to it, innermost last.

    Messages are left out, and so are the values of variables; of errors of the system and of databases the code is kept.
    """
    parts: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        parts.append("\n".join([_kind(current), *_frames(current)]))
        if isinstance(current, BaseExceptionGroup):
            parts.extend(trace(part) for part in current.exceptions)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\nbecause of ".join(parts)


def _kind(error: BaseException) -> str:
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(error, ChitieuError):
        return f"{name} [{error.code}]"
    codes = [errno.errorcode.get(error.errno or 0)] if isinstance(error, OSError) else []
    codes += [getattr(error, attribute, None) for attribute in ("sqlite_errorname", "sqlstate")]
    known = [code for code in codes if isinstance(code, str)]
    return f"{name} [{known[0]}]" if known else name


def _frames(error: BaseException) -> list[str]:
    return [
        f"  {_short(frame.filename)}:{frame.lineno} in {frame.name}"
        for frame in extract_tb(error.__traceback__, limit=-_FRAMES)
    ]


def _short(path: str) -> str:
    """The path below the folder that it was imported from."""
    roots = [root.rstrip("/") + "/" for root in sys.path if root and path.startswith(root.rstrip("/") + "/")]
    return path.removeprefix(max(roots, key=len, default=""))
