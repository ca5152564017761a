"""Answers written by the writer of a format, as `chitieu extract` does it."""

from __future__ import annotations

import io

from chitieu.contract import Extraction
from chitieu.output.writers import writer


def exported(format: str, *answers: Extraction) -> tuple[bytes, list[str]]:
    """The bytes, and the messages for the user."""
    out = io.BytesIO()
    made = writer(format, out)
    for answer in answers:
        made.add(answer, "")
    told = made.finish()
    return out.getvalue(), told
