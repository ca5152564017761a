"""Every setting is described, documented, and read from the environment."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chitieu.cli import main
from chitieu.errors import ConfigInvalid
from chitieu.settings import Settings, load_settings, unknown_variables


def test_every_setting_is_documented_with_its_default(root: Path):
    page = (root / "docs" / "settings.md").read_text("utf-8")
    rows = {
        row[0]: row for row in (re.split(r"\s*\|\s*", line.strip("| ")) for line in page.splitlines()) if len(row) >= 3
    }
    for name, field in Settings.model_fields.items():
        assert field.description, name
        row = rows.get(f"`CHITIEU_{name.upper()}`")
        assert row is not None, f"docs/settings.md lacks CHITIEU_{name.upper()}"
        assert str(field.default) in row[1].replace(",", ""), f"docs/settings.md says another default for {name}"


def test_the_documentation_names_no_setting_that_is_none(root: Path):
    page = (root / "docs" / "settings.md").read_text("utf-8")
    table = set(re.findall(r"^\| `CHITIEU_([A-Z_]+)`", page, re.M))
    assert table == {name.upper() for name in Settings.model_fields}


NAMERS = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/**/*.md",
    "Dockerfile",
    "compose.yaml",
    "Makefile",
    ".ci/*",
    "scripts/**/*",
)
# Variables that are read elsewhere than in this class, and by what.
OTHERS = {
    "CHITIEU_MODELS": "service/chitieu/models.py",
    "CHITIEU_SECRETS": "compose.yaml",
    "CHITIEU_TEST_MODEL": "tests/conftest.py",
}


def test_no_file_names_a_setting_that_is_none(root: Path):
    known = {f"CHITIEU_{name.upper()}" for name in Settings.model_fields} | OTHERS.keys()
    named = {}
    for file in sorted({file for pattern in NAMERS for file in root.glob(pattern) if file.is_file()}):
        if file.suffix not in (".pyc", ".gz"):
            named[file.relative_to(root)] = set(re.findall(r"\bCHITIEU_[A-Z][A-Z_]*", file.read_text("utf-8")))
    assert {Path("compose.yaml"), Path("docs/settings.md"), Path("scripts/deploy/chitieu.service")} <= named.keys()
    assert {str(file): names - known for file, names in named.items() if names - known} == {}
    for name, file in OTHERS.items():
        assert name in (root / file).read_text("utf-8"), f"{file} reads {name} no more"


def test_environment(monkeypatch):
    monkeypatch.setenv("CHITIEU_MAX_PAGES", "7")
    monkeypatch.setenv("CHITIEU_OCR", "never")
    monkeypatch.setenv("CHITIEU_MODELS", "/somewhere/else")  # of another part: no setting of this class
    settings = load_settings()
    assert (settings.max_pages, settings.ocr) == (7, "never")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OCR", "maybe"),
        ("MAX_PAGES", "0"),
        ("READ_SECONDS", "a minute"),
        ("JOB_DAYS", "1000000"),
        ("TOKEN_DAYS", "1000000"),
        ("SESSION_HOURS", "100000000"),
        ("JOB_LEASE_SECONDS", "1000000000000"),
        ("READ_MEMORY_MB", "10000000000000"),
    ],
)
def test_a_value_that_does_not_fit_names_its_variable(monkeypatch, name, value):
    monkeypatch.setenv(f"CHITIEU_{name}", value)
    with pytest.raises(ConfigInvalid) as caught:
        load_settings()
    assert caught.value.detail == {"variable": f"CHITIEU_{name}", "value": value}
    assert f"CHITIEU_{name}" in caught.value.message


def test_variables_that_nothing_reads_are_found_with_the_nearest_name():
    environment = {f"CHITIEU_{name.upper()}": "1" for name in Settings.model_fields} | dict.fromkeys(OTHERS, "1")
    assert unknown_variables(environment | {"CHITIEU_TOKEN": "1", "chitieu_max_pages": "1", "CHITIEUX": "1"}) == {}
    assert unknown_variables(
        {"CHITIEU_ALOWED_HOST": "a", "CHITIEU_ZZZ": "b", "CHITIEU_DATABASE": "c"} | environment
    ) == {
        "CHITIEU_ALOWED_HOST": "CHITIEU_ALLOWED_HOSTS",
        "CHITIEU_DATABASE": "CHITIEU_DATABASE_URL",
        "CHITIEU_ZZZ": None,
    }


def test_a_misspelt_variable_is_warned_of_in_one_line_without_its_value(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("CHITIEU_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CHITIEU_LOGINS", "required")
    assert main(["users", "list"]) == 0
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "CHITIEU_LOGINS" in line]
    assert "is it CHITIEU_LOGIN?" in line and "required" not in line
