import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import chitieu.pipeline
from chitieu.cli import main
from chitieu.output.columns import columns
from fakes import fake_pipeline

REPORT = (
    "I. KẾT QUẢ\n- Thu ngân sách đạt 215,4 tỷ đồng, bằng 81,4% dự toán, tăng 6,2% so cùng kỳ.\n- Đàn bò có 8.320 con.\n"
)


@pytest.fixture(autouse=True)
def fake(monkeypatch):
    monkeypatch.setattr(chitieu.pipeline, "load_pipeline", lambda *_, **__: fake_pipeline())


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "báo cáo.txt"
    path.write_text(REPORT, encoding="utf-8")
    return path


def test_table_is_the_default(report, capsys):
    assert main(["extract", str(report)]) == 0
    out = capsys.readouterr().out
    assert "Chỉ tiêu" in out and "215,4" in out and "bằng 81,4% dự toán" in out


def test_several_files_as_json_lines_in_order(report, tmp_path, capsys):
    other = tmp_path / "a.txt"
    other.write_text("Không có gì.", encoding="utf-8")
    assert main(["extract", str(report), str(other), "--format", "json"]) == 0
    documents = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [d["document"]["id"] for d in documents] == ["báo cáo.txt", "a.txt"]
    text = documents[0]["document"]["text"]
    assert text == REPORT
    assert all(text[s["start"] : s["end"]] == s["text"] for s in documents[0]["spans"])
    assert documents[1]["figures"] == []


def test_pretty_json(report, capsys):
    assert main(["extract", str(report), "--format", "json", "--pretty"]) == 0
    out = capsys.readouterr().out
    assert json.loads(out)["schema"] == "chitieu/1" and out.count("\n") > 50


def test_a_file_in_an_old_encoding(report, capsys):
    data = b"Thu ng\xa9n s\xb8ch \xae\xb9t 215,4 t\xfb \xae\xe5ng, b\xbbng 81,4% d\xf9 to\xb8n.\r\n" * 3
    report.write_bytes(data)
    for more in ([], ["--encoding", "tcvn3"]):
        assert main(["extract", str(report), "--format", "json", *more]) == 0
        document = json.loads(capsys.readouterr().out)["document"]
        assert document["text"].startswith("Thu ngân sách đạt 215,4 tỷ đồng")
        assert {e["encoding"] for e in document["encodings"]} == {"tcvn3"}
    assert main(["extract", str(report), "--encoding", "latin-9"]) == 1
    assert "text_encoding" in capsys.readouterr().err


def test_csv_has_one_header(report, capsys):
    assert main(["extract", str(report), str(report), "--format", "csv"]) == 0
    lines = capsys.readouterr().out.split("\r\n")
    assert lines[0] == ",".join(c.name for c in columns("observations"))
    assert sum(line == lines[0] for line in lines) == 1
    assert sum("215,4" in line for line in lines) == 2


def test_html_is_a_page(report, capsys):
    assert main(["extract", str(report), "--format", "html"]) == 0
    assert '<span class="QUANTITY"' in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["table", "json", "csv", "xlsx", "parquet", "sdmx-csv", "html"])
def test_output_holds_what_a_pipe_would_get(report, tmp_path, kind, capfdbinary):
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / "kết quả.out"
    argv = ["extract", str(report), str(report), "--format", kind]
    assert main([*argv, "--output", str(path)]) == 0
    assert capfdbinary.readouterr().out == b""
    assert main(argv) == 0
    piped = capfdbinary.readouterr().out
    if kind == "xlsx":  # holds the time of its making
        assert zipfile.ZipFile(path).namelist() == zipfile.ZipFile(io.BytesIO(piped)).namelist()
    else:
        assert path.read_bytes() == piped and piped
    assert [p for p in tmp_path.iterdir() if p not in (report, path)] == []


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_a_terminal_gets_no_binary(report, monkeypatch, capsys, kind):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with pytest.raises(SystemExit) as stopped:
        main(["extract", str(report), "--format", kind])
    assert stopped.value.code == 2
    told = capsys.readouterr()
    assert "--output" in told.err and told.out == ""


def test_the_output_is_not_an_input(report, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["extract", str(report), "--format", "csv", "--output", str(report.parent / "." / report.name)])
    assert stopped.value.code == 2 and report.read_text(encoding="utf-8") == REPORT


def test_an_output_that_cannot_be_written(report, tmp_path, capsys):
    assert main(["extract", str(report), "--format", "csv", "--output", str(tmp_path / "missing" / "a.csv")]) == 1
    assert "output_unwritable" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_full_disk_behind_standard_output(report, monkeypatch, capsys, kind):
    with Path("/dev/full").open("wb", buffering=0) as full:
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(full, write_through=True))
        assert main(["extract", str(report), "--format", kind]) == 1
        monkeypatch.undo()
    assert "output_unwritable" in capsys.readouterr().err


def test_where_nothing_was_read_the_old_output_stays(report, tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_bytes(b"old")
    missing = str(tmp_path / "missing.txt")
    assert main(["extract", missing, "--format", "csv", "--output", str(path)]) == 1
    assert path.read_bytes() == b"old"
    assert main(["extract", missing, str(report), "--format", "csv", "--output", str(path)]) == 1
    assert "215,4" in path.read_text(encoding="utf-8")
    assert "missing.txt: file_unreadable" in capsys.readouterr().err


def test_sdmx_tells_what_it_leaves_out(report, capsys):
    assert main(["extract", str(report), "--format", "sdmx-csv"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("STRUCTURE,") and "chitieu: SDMX: " in told.err


def test_a_formats_library_is_imported_when_it_is_asked_for():
    program = (
        "import sys, chitieu.api.app, chitieu.cli, chitieu.output.table, chitieu.output.page\n"
        "print([n for n in ('pyarrow', 'pandas', 'pysdmx', 'duckdb', 'xlsxwriter', 'matplotlib') if n in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    assert run.stdout.strip() == "[]"


def test_standard_input(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(REPORT.encode()), encoding="utf-8"))
    assert main(["extract", "-", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["document"]["id"] == "stdin"


def test_what_fails_is_named_and_the_rest_is_read(report, tmp_path, capsys):
    missing, binary = tmp_path / "missing.txt", tmp_path / "scan.pdf"
    binary.write_bytes(b"%PDF-1.7\x00")
    assert main(["extract", str(missing), str(binary), str(report), "--format", "json"]) == 1
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 1
    assert "missing.txt: file_unreadable" in told.err and "scan.pdf: file_damaged" in told.err


@pytest.mark.parametrize("argv", [[], ["extract"], ["extract", "a", "--format", "docx"], ["nonsense"]])
def test_wrong_usage(argv):
    with pytest.raises(SystemExit) as stopped:
        main(argv)
    assert stopped.value.code == 2


def test_no_model_is_told(monkeypatch, tmp_path, capsys):
    monkeypatch.undo()
    monkeypatch.setenv("CHITIEU_MODELS", str(tmp_path))
    assert main(["extract", "a.txt"]) == 1
    assert "model_missing" in capsys.readouterr().err


def test_evaluate(tmp_path, capsys, monkeypatch):
    import chitieu.evaluation.run

    monkeypatch.setattr(chitieu.evaluation.run, "load_pipeline", lambda *_, **__: fake_pipeline())
    gold = tmp_path / "a.xml"
    gold.write_text(
        '<ind id="1">Đàn bò</ind> có <qty of="1">8.320</qty> <unit>con</unit>, <chg of="1">tăng <pct>2%</pct></chg>.',
        encoding="utf-8",
    )
    assert main(["evaluate", str(tmp_path), str(gold), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["figures"] == 2 and scores["value_unit"] == 1.0 and scores["bad_offsets"] == 0


@pytest.fixture
def model_folder(tmp_path, monkeypatch, root) -> Path:
    """The served model's manifest alone, behind a fake tagger."""
    import chitieu.evaluation.run

    monkeypatch.setattr(chitieu.evaluation.run, "load_pipeline", lambda *_, **__: fake_pipeline())
    folder = tmp_path / "model"
    folder.mkdir()
    manifest = json.loads(next((root / "models").glob("*/*/manifest.json")).read_text(encoding="utf-8"))
    manifest |= {"evaluation": {}, "calibration": None}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (tmp_path / "a.xml").write_text(
        '<ind id="1">Đàn bò</ind> có <qty of="1">8.320</qty> <unit>con</unit>, <chg of="1">tăng <pct>2%</pct></chg>.',
        encoding="utf-8",
    )
    return folder


def test_calibrate_and_record(model_folder, capsys):
    gold = str(model_folder.parent / "a.xml")
    assert main(["evaluate", str(model_folder), gold, "--record", "mine", "--json"]) == 0
    assert main(["calibrate", str(model_folder), gold]) == 0
    curves = json.loads(capsys.readouterr().out.splitlines()[-1])
    manifest = json.loads((model_folder / "manifest.json").read_text(encoding="utf-8"))
    assert set(curves) == {"INDICATOR", "QUANTITY", "UNIT", "CHANGE", "PERCENT", "of", "in", "figures"}
    assert manifest["calibration"] == {"documents": 1, "curves": curves}
    # What was recorded before was of other scores.
    assert "reliability" not in manifest["evaluation"]["mine"]
    assert main(["evaluate", str(model_folder), gold, "--record", "mine", "--json"]) == 0
    card = (model_folder / "CARD.md").read_text(encoding="utf-8")
    assert "expected calibration error" in card and "| of | before | 1 | 1.000 |" in card
    assert not list(model_folder.glob("*.partial"))


def test_evaluate_without_gold(tmp_path, capsys):
    assert main(["evaluate", str(tmp_path), str(tmp_path / "none.xml")]) == 1
    assert "none.xml" in capsys.readouterr().err


def test_a_port_that_is_taken_is_told_before_anything_is_served(capsys):
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert main(["serve", "--port", str(other.getsockname()[1])]) == 1
    told = capsys.readouterr()
    assert "address_taken" in told.err and told.out == ""


def test_links_are_not_fitted_on_a_part_of_the_table_over_what_is_served(tmp_path, capsys, root):
    pytest.importorskip("torch", reason="needs the extra `train`")
    table = root / "training_data" / "links.tsv"
    count = len(table.read_text("utf-8").splitlines()) - 1
    assert main(["fit-links", str(table), str(tmp_path), "--sentences", str(table)]) == 1
    told = capsys.readouterr().err
    assert "config_invalid" in told and f"0/{count}" in told
