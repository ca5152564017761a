"""`chitieu series`."""

from __future__ import annotations

import csv
import io
import json
import sys

import pytest

pytest.importorskip("pyarrow", reason="needs the extra `export`")

from batch_runs import batch, fill
from chitieu.cli import main
from chitieu.settings import Settings

HEAD = "UBND TỈNH TRÀ VINH\nBÁO CÁO NĂM {}\n\n"
REPORTS = {
    "2020.txt": HEAD.format(2020) + "- Thu ngân sách đạt 4.850 tỷ đồng.",
    "2021.txt": HEAD.format(2021)
    + "- Kết quả năm 2020: Thu ngân sách đạt 4.900 tỷ đồng.\n- Thu ngân sách ước đạt 5.300 tỷ đồng.",
}
ASKED = ["series", "--indicator", "thu ngân sách", "--place", "Trà Vinh"]


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A data set and a database of the same reports."""
    folder = tmp_path_factory.mktemp("series")
    archive = fill(folder / "kho", REPORTS)
    out, url = folder / "ket-qua", f"sqlite:///{folder}/chitieu.db"
    for where in (out, url):
        batch(archive, out=where, settings=Settings(data=folder / "data"))
    return str(out), url


def test_a_terminal_gets_a_table(sources, capsys):
    assert main([*ASKED, "--data", sources[0]]) == 0
    told = capsys.readouterr().out
    first, _, head, *_ = told.splitlines()
    assert first == "Thu ngân sách nhà nước trên địa bàn, Tỉnh Trà Vinh (cả năm; đơn vị: tỷ đồng)"
    assert head.split()[:2] == ["Thời", "kỳ"]
    assert "4.900" in told and "4.850 (2020.txt)" in told and "ước" in told
    assert told.endswith("1 series, 2 documents, 0 statements left out\n")


def test_both_sources_and_the_settings_give_the_same(sources, capsys, monkeypatch):
    told = []
    for data in (["--data", sources[0]], ["--data", sources[1]]):
        assert main([*ASKED, *data, "--format", "csv"]) == 0
        rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
        told.append([{key: cell for key, cell in row.items() if key != "document_id"} for row in rows])
    assert told[0] == told[1] and len(told[0]) == 2
    monkeypatch.setenv("CHITIEU_DATABASE_URL", sources[1])
    assert main([*ASKED, "--format", "json", "--from", "2021", "--to", "2021"]) == 0
    got = json.loads(capsys.readouterr().out)
    assert [point["number"] for point in got["series"][0]["points"]] == ["5300"]


@pytest.mark.parametrize(
    ("format", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("csv", b"series,"), ("json", b"{")]
)
def test_a_file_is_written_whole(sources, tmp_path, format, begins):
    if format in ("png", "svg"):
        pytest.importorskip("matplotlib", reason="needs the extra `charts`")
    path = tmp_path / f"chuoi.{format}"
    assert main([*ASKED, "--data", sources[0], "--format", format, "--output", str(path)]) == 0
    assert path.read_bytes().startswith(begins) and list(tmp_path.iterdir()) == [path]


def test_no_value_is_told_and_no_file_is_written(sources, tmp_path, capsys):
    path = tmp_path / "a.csv"
    asked = ["series", "--indicator", "so-ho-ngheo", "--data", sources[0]]
    assert main([*asked, "--format", "csv", "--output", str(path)]) == 1
    assert "no document states such a value" in capsys.readouterr().err and not path.exists()
    assert main(asked) == 1


def test_an_ambiguous_or_unknown_indicator_is_told_with_choices(sources, capsys):
    assert main(["series", "--indicator", "sản lượng", "--data", sources[0]]) == 1
    told = capsys.readouterr().err
    assert "indicator_ambiguous" in told and "  san-luong-lua: " in told
    assert main(["series", "--indicator", "xyzzy", "--data", sources[0]]) == 1
    assert "indicator_unknown" in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv",
    [
        ["series"],
        [*ASKED, "--from", "hôm qua"],
        [*ASKED, "--from", "2022", "--to", "2021"],
        [*ASKED, "--format", "docx"],
        [*ASKED, "--status", "plan"],
        ["series", "--indicator", "x", "--place", "?"],
    ],
)
def test_wrong_usage(argv):
    with pytest.raises(SystemExit) as stopped:
        main(argv)
    assert stopped.value.code == 2


def test_a_picture_is_not_for_a_terminal(sources, monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with pytest.raises(SystemExit) as stopped:
        main([*ASKED, "--data", sources[0], "--format", "png"])
    assert stopped.value.code == 2 and "--output" in capsys.readouterr().err


def test_a_folder_that_is_no_data_set_and_charts_without_their_library(sources, tmp_path, monkeypatch, capsys):
    assert main([*ASKED, "--data", str(tmp_path)]) == 1
    assert "output_invalid" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main([*ASKED, "--data", sources[0], "--format", "svg", "--output", str(tmp_path / "a.svg")]) == 1
    assert "chitieu[charts]" in capsys.readouterr().err and not (tmp_path / "a.svg").exists()
