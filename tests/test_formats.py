"""One report as raw text, PDF, Word, HTML, TCVN3 and VNI: the same figures, each with an offset or a page that checks."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from chitieu.annotation.inline_xml import read
from chitieu.contract import Extraction, Period
from chitieu.pipeline import Pipeline
from chitieu.text.files.reading import read_bytes
from dresses import web_page, word
from text.encodings.encoder import encode, plain

APART = 0.01  # of the figures
DRESSES: dict[str, Callable[[str], bytes]] = {
    "docx": word,
    "html": web_page,
    "tcvn3": lambda text: encode(plain(text), "tcvn3"),
    "vni-windows": lambda text: encode(plain(text), "vni-windows"),
}


def figures(answer: Extraction) -> Counter[tuple[object, ...]]:
    """Every figure with its unit, indicator, section, status and period, whatever the text looked like."""
    names = {s.id: " ".join(s.text.replace("“", '"').replace("”", '"').split()) for s in answer.spans}
    sections = {
        figure: tuple(o.section)
        for o in answer.observations
        for figure in (o.level, *o.repeats, *o.changes, *o.shares, *o.attainments)
    }

    def days(period: Period | None) -> tuple[str | None, str | None]:
        return (period.start, period.end) if period else (None, None)

    return Counter(
        (
            f.kind, f.value, f.unit.id if f.unit else None, names.get(f.indicator or ""), sections.get(f.id), f.status,
            *days(f.period),
        )
        for f in answer.figures
    )  # fmt: skip


def read_as(pipeline: Pipeline, data: bytes) -> Extraction:
    answer = pipeline.extract_file(read_bytes(data))
    text = answer.document.text
    assert text is not None
    for item in (*answer.spans, *answer.figures):
        assert text[item.start : item.end] == item.text
    return answer


def assert_the_same(one: Counter, other: Counter) -> None:
    total = sum(one.values())
    assert total > 100
    assert sum((one - other).values()) <= APART * total, (one - other, other - one)
    assert sum((other - one).values()) <= APART * total, (one - other, other - one)


@pytest.fixture(scope="module")
def own(root) -> str:
    """Two documents of the project's own with footnotes, in wrapped lines, as one."""
    names = ("ubnd_yenson_2017.xml", "ubnd_hanam_ngansach_2014.xml")
    text = "\n\n\n".join(read(root / "training_data" / "documents" / name).text for name in names)
    # The codes of before Unicode have no raised digits.
    return re.sub("⁽([¹²³])⁾", lambda m: f"({'¹²³'.index(m[1]) + 1})", text)


@pytest.fixture(scope="module")
def seed(shared) -> str:
    return (shared / "gold" / "seed.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def printed(tmp_path_factory) -> Callable[[bytes], bytes]:
    """A Word file as the PDF that LibreOffice prints."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("needs LibreOffice (scripts/install_programs.sh)")

    def to_pdf(data: bytes) -> bytes:
        folder: Path = tmp_path_factory.mktemp("printed")
        (folder / "report.docx").write_bytes(data)
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        command = [program, "--headless", profile, "--convert-to", "pdf", "--outdir", str(folder), "report.docx"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
        return (folder / "report.pdf").read_bytes()

    return to_pdf


@pytest.mark.parametrize("name", DRESSES)
def test_our_own(pipeline, own, name):
    assert_the_same(figures(pipeline.extract(own)), figures(read_as(pipeline, DRESSES[name](own))))


@pytest.mark.office
def test_our_own_as_a_pdf(pipeline, own, printed):
    answer = read_as(pipeline, printed(word(own)))
    assert_the_same(figures(pipeline.extract(own)), figures(answer))
    pages = answer.document.pages
    assert pages is not None and len(pages) > 1
    assert all(any(p.start <= f.start and f.end <= p.end for p in pages) for f in answer.figures)


@pytest.mark.shared
@pytest.mark.parametrize("name", DRESSES)
def test_the_first_report(pipeline, seed, name):
    assert_the_same(figures(pipeline.extract(seed)), figures(read_as(pipeline, DRESSES[name](seed))))


@pytest.mark.shared
@pytest.mark.office
def test_the_first_report_as_a_pdf(pipeline, seed, printed):
    answer = read_as(pipeline, printed(word(seed)))
    assert_the_same(figures(pipeline.extract(seed)), figures(answer))
    pages = answer.document.pages
    assert pages is not None and len(pages) > 10
    inside = [any(p.start <= f.start and f.end <= p.end for p in pages) for f in answer.figures]
    assert sum(inside) >= 0.99 * len(inside)
