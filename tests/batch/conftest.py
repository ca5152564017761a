"""What tests of archives share."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="needs the extra `export`")

from batch_runs import fill, report_text, zipped


@pytest.fixture
def told(tmp_path_factory, monkeypatch) -> Path:
    """The folder in which fake pipelines leave word."""
    folder = tmp_path_factory.mktemp("told")
    monkeypatch.setenv("BATCH_TEST", str(folder))
    return folder


@pytest.fixture
def archive(tmp_path) -> Path:
    """Twelve reports of three years and two provinces, one of them twice, one broken, one empty, two in ZIP files."""
    files: dict[str, str | bytes] = {
        f"{2019 + n % 3}/bc-{n}.txt": report_text(n, place=("TRÀ VINH", "YÊN BÁI")[n % 2], year=2019 + n % 3)
        for n in range(10)
    }
    files["bản sao.txt"] = files["2020/bc-1.txt"]
    files["hỏng.pdf"] = b"%PDF-1.4 cut"
    files["trống.txt"] = b""
    files["nén/cũ.zip"] = zipped({"bc-10.txt": report_text(10), "sâu.zip": zipped({"bc-11.txt": report_text(11)})})
    return fill(tmp_path / "kho", files)
