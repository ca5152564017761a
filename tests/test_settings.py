"""Every setting is described, documented, and read from the environment."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chitieu.errors import ConfigInvalid
from chitieu.settings import Settings, load_settings


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


def test_environment(monkeypatch):
    monkeypatch.setenv("CHITIEU_MAX_PAGES", "7")
    monkeypatch.setenv("CHITIEU_OCR", "never")
    monkeypatch.setenv("CHITIEU_MODELS", "/somewhere/else")  # of another part: no setting of this class
    settings = load_settings()
    assert (settings.max_pages, settings.ocr) == (7, "never")


@pytest.mark.parametrize(("name", "value"), [("OCR", "maybe"), ("MAX_PAGES", "0"), ("READ_SECONDS", "a minute")])
def test_a_value_that_does_not_fit_names_its_variable(monkeypatch, name, value):
    monkeypatch.setenv(f"CHITIEU_{name}", value)
    with pytest.raises(ConfigInvalid) as caught:
        load_settings()
    assert caught.value.detail == {"variable": f"CHITIEU_{name}", "value": value}
    assert f"CHITIEU_{name}" in caught.value.message
