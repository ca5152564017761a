"""The examples of docs/api.md, as they stand there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import docx
import pytest

from chitieu.settings import Settings
from fakes import fake_pipeline
from live import served

WHERE = "http://127.0.0.1:8000"
TEXT = "Năm 2023: Tổng thu ngân sách ước đạt 215,4 tỷ đồng, tăng 6,2% so với cùng kỳ."


@pytest.fixture(scope="module")
def sections(root):
    """From a heading to what stands under it."""
    parts = re.split(r"^## (.+)$", (root / "docs/api.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def blocks(text, kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    settings = Settings(data=tmp_path_factory.mktemp("served"), login="open", rate_per_minute=0)
    with served(fake_pipeline(), settings) as (where, _):
        yield where


@pytest.fixture
def folder(tmp_path):
    """With the files that the examples send."""
    (tmp_path / "bao-cao.txt").write_text(TEXT, encoding="utf-8")
    document = docx.Document()
    document.add_paragraph(TEXT)
    document.save(tmp_path / "bao-cao.docx")
    return tmp_path


def shell(folder, commands, **variables):
    """What commands print, each of which must succeed."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **variables}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def commands(sections, heading, address):
    """The commands of a section, one by one, asked of the service under test; a faulty answer makes them fail."""
    (block,) = blocks(sections[heading], "sh")
    block = block.replace(WHERE, address).replace("curl ", "curl -sS --fail-with-body ")
    return re.split(r"\n(?! )", block.strip())


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_commands_that_read(sections, address, folder):
    one, table, file, form = (shell(folder, c) for c in commands(sections, "`POST /v1/extract`", address))
    assert json.loads(one)["document"]["id"] == "thu.txt"
    assert table.startswith("document,") and "215400000000" in table
    assert json.loads(file)["document"]["id"] == "bao-cao.docx"
    form = json.loads(form)["document"]
    assert form["place"]["text"] == "xã Bến Lâm" and form["stored"]

    (command,) = ["\n".join(commands(sections, "Several texts", address))]
    lines = [json.loads(line) for line in shell(folder, command).splitlines()]
    assert {line.get("id") for line in lines[:-1]} == {"bo.txt", "trong.txt"}
    assert lines[-1] == {"done": 1, "failed": 1, "error": None}


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_commands_about_what_is_stored(sections, address, folder):
    form = commands(sections, "`POST /v1/extract`", address)[3]
    stored = json.loads(shell(folder, form))["document"]["stored"]
    page, csv = commands(sections, "The stored table", address)
    assert json.loads(shell(folder, page))["observations"][0]["value"] == "215400000000"
    shell(folder, csv)
    assert "215400000000" in (folder / "so-lieu.csv").read_text(encoding="utf-8")
    listed, shown, text, deleted = (
        shell(folder, c, ID=stored) for c in commands(sections, "Stored documents", address)
    )
    assert stored in [d["id"] for d in json.loads(listed)["documents"]]
    assert json.loads(shown)["answer"]["document"]["stored"] == stored
    assert text.strip() == TEXT and deleted == ""


def test_the_program(sections, address, folder):
    (program,) = blocks(sections["Python"], "python")
    (folder / "program.py").write_text(program.replace(WHERE, address), encoding="utf-8")
    done = subprocess.run([sys.executable, "program.py"], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert {"0 1 figures", "1 1 figures"} <= set(done.stdout.splitlines())
    assert "215400000000" in done.stdout and done.stdout.endswith("1000000\n")


def test_every_route_that_the_service_has_is_in_the_docs(sections, client, root):
    told = (root / "docs/api.md").read_text(encoding="utf-8") + (root / "docs/access.md").read_text(encoding="utf-8")
    spec = client.get("/openapi.json").json()
    for path, methods in spec["paths"].items():
        for method in methods:
            assert re.search(rf"`{method.upper()} {re.escape(path)}[`?]", told) or path.endswith("/text"), (
                method,
                path,
            )
